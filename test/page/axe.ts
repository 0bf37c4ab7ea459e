/** What axe finds in a page. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { SCENES, type SceneName } from './scenes.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** A thousand conditions are scanned once, in accessibility.test.ts. */
export const SCANNED = Object.keys(SCENES).filter((scene) => scene !== 'thousand') as SceneName[]

const RULES = {
  all: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  colours: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
} as const

/** Each violation with what it is about. */
export async function violations(page: Page, rules: keyof typeof RULES = 'all'): Promise<string[]> {
  // Over the debugging protocol, so that the page's own policy need not allow it.
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(AXE)
  const options = JSON.stringify({ runOnly: RULES[rules], resultTypes: ['violations'] })
  const { violations: found } = (await page.evaluate(`axe.run(document, ${options})`)) as AxeResults
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
}

/** Waits until a scene is drawn to its last lane. */
export async function settled(page: Page, scene: SceneName): Promise<void> {
  await page.locator('section:has(#h-ribbon) .lane').first().waitFor()
  if (scene === 'silent') await page.locator('html[data-scene=stale]').waitFor()
}
