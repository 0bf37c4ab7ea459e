/** A thousand conditions are no burden: for eyes and ears alike. */
import type { CDPSession, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { NodeFacts } from '#view'
import { createStage } from './stage.ts'

const stage = createStage(false)

interface Spoken {
  readonly role: string
  readonly words: string
  readonly cells: number
}

/** The rows as a screen reader gets them. */
async function spokenRows(session: CDPSession): Promise<Spoken[]> {
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  function wordsOf(id: string): string {
    const node = byId.get(id)
    if (node === undefined) return ''
    if (node.role?.value === 'StaticText') return String(node.name?.value ?? '')
    return (node.childIds ?? []).map(wordsOf).join('')
  }
  return nodes
    .filter(({ ignored, role }) => !ignored && role?.value === 'row')
    .map(({ nodeId, childIds = [] }) => ({ role: 'row', words: wordsOf(nodeId), cells: childIds.length }))
}

describe('a thousand conditions', () => {
  it.each([1280, 375])('are all there for who listens, in view or not, on %d pixels', async (width) => {
    const { page } = await stage.play('thousand', { width })
    const rows = await spokenRows(await page.context().newCDPSession(page))
    const volumes = rows.flatMap(({ words, cells }) => {
      const volume = /disk:\/data\/volume-(\d+)/.exec(words)?.[1]
      return volume === undefined || !/Healthy|Warning/.test(words) || !/% used of 1 TiB/.test(words)
        ? []
        : [{ volume, cells }]
    })
    expect(new Set(volumes.map(({ volume }) => volume)).size).toBe(1000)
    expect(volumes.every(({ cells }) => cells === 7)).toBe(true)
  })

  it('are found by who searches the page', async () => {
    const { page } = await stage.play('thousand')
    expect(await page.getByText('disk:/data/volume-999').count()).toBe(1)
  })

  it('show shapes and ages that count where somebody looks, and only there', async () => {
    const { page } = await stage.play('thousand')
    const drawn = (): Promise<number> => page.locator('.conds .row .g').count()
    expect(await drawn()).toBeLessThan(150)
    const last = page.locator('.conds tbody .row').last()
    expect(await last.locator('time').count()).toBe(0)
    await last.scrollIntoViewIfNeeded()
    await expect.poll(() => last.locator('.g').count()).toBe(1)
    await expect.poll(() => last.locator('.rel').last().textContent()).toMatch(/ ago$/)
    expect(await drawn()).toBeLessThan(200)
  })

  it('keep the focus when a row comes into view', async () => {
    const { page } = await stage.play('thousand')
    const link = page.locator('.conds tbody .row').last().getByRole('link')
    await link.focus()
    await expect.poll(() => page.locator('.conds tbody .row').last().locator('.g').count()).toBe(1)
    expect(await link.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
  })

  it('that all change at once are all told soon', async () => {
    const { page, server } = await stage.play('thousand')
    server.change((was) => ({
      ...was,
      conditions: [...was.conditions].map((one) => ({ ...one, message: 'another word' })),
    }))
    await expect.poll(() => page.locator('.conds').getByText('another word').count()).toBe(1000)
  })

  it('come back after a restart of the agent', async () => {
    const { page, server } = await stage.play('thousand')
    let before: NodeFacts | undefined
    server.change((was) => {
      before = was
      return { ...was, conditions: [], problems: [] }
    })
    await page.getByText('None is known yet. Each monitor names its conditions').waitFor()
    server.change((was) => before ?? was)
    await expect.poll(() => rowCount(page)).toBe(1000)
  })
})

function rowCount(page: Page): Promise<number> {
  return page.locator('.conds tbody .row').count()
}
