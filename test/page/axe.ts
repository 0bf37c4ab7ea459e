/**
 * axe over every scene, in light with all rules, in dark with those of colours, which alone are others there. Each mode is a file of
 * its own, so that both run at once.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { SCENES, type SceneName } from './scenes.ts'
import type { Stage } from './stage.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A thousand conditions are scanned once, in accessibility.test.ts. */
const SCANNED = Object.keys(SCENES).filter((scene) => scene !== 'thousand') as SceneName[]

const RULES = {
  all: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  colours: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
} as const

/** Each violation with what it is about. */
export async function violations(page: Page, rules: keyof typeof RULES = 'all'): Promise<string[]> {
  // Over the debugging protocol, so that the page's own policy need not allow it.
  await page.evaluate(AXE)
  const options = JSON.stringify({ runOnly: RULES[rules], resultTypes: ['violations'] })
  const { violations: found } = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResults
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}

/** Waits until a scene is drawn to its last lane. */
export async function settled(page: Page, scene: SceneName): Promise<void> {
  await page.locator('section:has(#h-ribbon) .lane').first().waitFor()
  if (scene === 'silent') await page.locator('html[data-scene=stale]').waitFor()
}

/** The tests of one mode. Call once in a test file. */
export function scanAll(stage: Stage, mode: 'light' | 'dark'): void {
  const rules = mode === 'dark' ? 'colours' : 'all'
  describe(`axe, in ${mode}`, () => {
    it.each(SCANNED)('finds nothing in "%s"', async (scene) => {
      const { page } = await stage.play(scene, { dark: mode === 'dark' })
      await settled(page, scene)
      expect(await violations(page, rules)).toEqual([])
    })

    it('finds nothing on 375 pixels', async () => {
      const { page } = await stage.play('problems', { dark: mode === 'dark', width: 375 })
      await settled(page, 'problems')
      expect(await violations(page, rules)).toEqual([])
    })

    it('finds nothing where the stream is lost', async () => {
      const { page, server } = await stage.play('problems', { dark: mode === 'dark' })
      await settled(page, 'problems')
      await server.vanish()
      await page.locator('html[data-scene=stale]').waitFor()
      expect(await violations(page, rules)).toEqual([])
    })
  })
}
