/** For everybody: axe finds nothing, with all rules where it is light, and with those of colours, which alone are others there, where it is dark. */
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { SCANNED, settled, violations } from './axe.ts'
import { createStage } from './stage.ts'

// What it looks at is drawn by other tests as well, which count what runs.
const stage = createStage(false)

/** The page is the same in both: it asks nobody which it is, and its colours are the style sheet's. */
async function violationsInBoth(page: Page): Promise<string[]> {
  const light = await violations(page)
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")).toBe(true)
  return [...light, ...(await violations(page, 'colours')).map((each) => `in dark, ${each}`)]
}

describe('axe, in light and in dark', () => {
  it.each(SCANNED)('finds nothing in "%s"', async (scene) => {
    const { page } = await stage.play(scene)
    await settled(page, scene)
    expect(await violationsInBoth(page)).toEqual([])
  })

  it('finds nothing on 375 pixels', async () => {
    const { page } = await stage.play('problems', { width: 375 })
    await settled(page, 'problems')
    expect(await violationsInBoth(page)).toEqual([])
  })

  it('finds nothing where the stream is lost', async () => {
    const { page, server } = await stage.play('problems')
    await settled(page, 'problems')
    await server.vanish()
    await page.locator('html[data-scene=stale]').waitFor()
    expect(await violationsInBoth(page)).toEqual([])
  })
})
