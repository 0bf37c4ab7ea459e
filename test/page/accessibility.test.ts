/** For everybody: the keyboard reaches everything, less motion is less motion, and axe finds nothing in a thousand conditions. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { settled, violations } from './axe.ts'
import { createStage, seen } from './stage.ts'

const stage = createStage()

it('axe finds nothing in a thousand conditions', { timeout: 120_000 }, async () => {
  const { page } = await stage.play('thousand')
  await settled(page, 'thousand')
  expect(await violations(page)).toEqual([])
})

describe('the keyboard', () => {
  /** What has the focus, by role and name, in the order of Tab. */
  async function tabbed(page: Page, most: number): Promise<string[]> {
    const order: string[] = []
    for (let press = 0; press < most; press++) {
      await page.keyboard.press('Tab')
      const at = await page.evaluate(`(() => {
        const element = document.activeElement
        if (element === document.body) return ''
        const { outlineStyle } = getComputedStyle(element.matches('.ranges input') ? element.parentElement : element)
        const name = element.getAttribute('aria-label') ?? element.closest('label')?.innerText ?? element.innerText
        return element.localName + (element.type ? ':' + element.type : '') + ' ' + name.trim().replace(/\\s+/g, ' ') + (outlineStyle === 'none' ? ' (not seen)' : '')
      })()`)
      if (at === '') break
      order.push(String(at))
    }
    return order
  }

  it('goes through the page from top to bottom, and what has the focus is seen', async () => {
    const { page } = await stage.play('problems')
    await settled(page, 'problems')
    const order = await tabbed(page, 60)
    expect(order.slice(0, 16)).toEqual([
      'a unknown',
      'a DiskFull',
      'a KubeletUnhealthy',
      'input:radio 6 h',
      'input:range Read every lane at this time',
      'a /var full',
      'a kubelet not answering',
      'a backup too old',
      'a nvme0n1 failing',
      'a smart-health unreachable',
      'a DNS failing',
      'a kernel hung task',
      'input:search Filter conditions /',
      'a Skip the conditions',
      'a custom-plugin',
      'a BackupTooOld',
    ])
    expect(order).toContain('a /metrics')
    expect(order.filter((one) => one.endsWith('(not seen)'))).toEqual([])
  })

  it('skips a thousand conditions in one step', async () => {
    const { page } = await stage.play('thousand')
    await settled(page, 'thousand')
    await page.getByRole('link', { name: 'Skip the conditions' }).focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.innerText')).toBe('/status')
  })

  it('changes the time that is shown', async () => {
    const { page } = await stage.play('week')
    await page.getByRole('radio', { name: '6 h' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('region', { name: 'What happened, last day' }).waitFor()
    await expect.poll(() => seen(page.locator('section:has(#h-machine) .head'))).toContain('The last day')
  })
})

it('nothing moves for who wants less motion', async () => {
  const still = await stage.play('problems', { path: '#/condition/system/DiskFull/disk:/var' })
  await still.page.locator('tr[aria-current=true]').waitFor()
  expect(
    await still.page.evaluate('document.getAnimations().filter((a) => a.effect.getTiming().duration > 0).length'),
  ).toBe(0)
})

it('a row that was asked for is lit once for who does not', async () => {
  const { page } = await stage.play('problems', {
    reducedMotion: false,
    path: '#/condition/system/DiskFull/disk:/var',
  })
  const row = page.locator('tr[aria-current=true]')
  await row.waitFor()
  // Asked of the style: by now a slow machine may have shown it already.
  const style = await page.evaluate(
    `(({ animationName, animationIterationCount }) => [animationName, animationIterationCount])(getComputedStyle(document.querySelector('tr[aria-current=true]')))`,
  )
  expect(style).toEqual(['moved', '1'])
})

it('roles are kept where the tables are laid out as lists', async () => {
  const { page } = await stage.play('problems', { width: 375 })
  await settled(page, 'problems')
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  const roles = nodes.filter(({ ignored }) => !ignored).map(({ role }) => String(role?.value))
  expect(roles.filter((role) => role === 'table')).toHaveLength(3)
  expect(roles.filter((role) => role === 'row').length).toBeGreaterThan(40)
})
