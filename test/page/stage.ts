/** What every test of the page needs: the built page, the browser, and a scene with its faults watched. */
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, onTestFinished } from 'vitest'
import { openWatchedPage, type PageOptions } from './browser.ts'
import { countIn } from './coverage.ts'
import { type SceneServer, serveScene } from './scene-server.ts'
import { SCENES, type Scene, type SceneName } from './scenes.ts'

export interface Play {
  readonly page: Page
  readonly server: SceneServer
}

export interface Stage {
  /** Opens a scene; after the test, nothing may have been refused, failed, or asked of anybody else. */
  play(scene: SceneName | Scene, options?: PageOptions & { readonly path?: string }): Promise<Play>
}

/**
 * Call once at the top of a test file.
 * @param isCounted whether what runs of the page may be counted; not where its speed or its memory is looked at
 */
export function createStage(isCounted = true): Stage {
  const pageDir = inject('pageDir')
  const coverage = isCounted ? inject('pageCoverage') : undefined
  let browser: Browser | undefined

  beforeAll(async () => {
    browser = await chromium.connect(inject('browser'))
  })
  afterAll(async () => browser?.close())

  function connected(): Browser {
    if (browser === undefined) throw new Error('the stage is set up before the tests, by createStage() at the top')
    return browser
  }

  return {
    async play(scene, options = {}) {
      const server = await serveScene({ scene: typeof scene === 'string' ? SCENES[scene]() : scene, pageDir })
      onTestFinished(() => server.close())
      let counted: (() => Promise<void>) | undefined
      const { page, faults } = await openWatchedPage(connected(), server.url + (options.path ?? ''), {
        ...options,
        before: async (opened) => {
          if (coverage !== undefined) counted = await countIn(opened, coverage)
        },
      })
      onTestFinished(async () => {
        await counted?.()
        await page.context().close()
        expect(faults).toEqual([])
      })
      // The foot is drawn last; a long table is still being filled then.
      await page.locator('#page > footer').waitFor()
      await page.locator('.conds[aria-busy]').waitFor({ state: 'detached' })
      return { page, server }
    },
  }
}

/** What is seen of an element: without what is hidden, white space as it is laid out. */
export function seen(element: Locator): Promise<string> {
  // biome-ignore lint/performance/useDomNodeTextContent: textContent has what nobody sees, too
  return element.innerText()
}
