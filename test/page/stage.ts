/** What every test of the page needs: the built page, a browser, and a scene with its faults watched. */
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import { openBrowser, openWatchedPage, type PageOptions, type TestBrowser } from './browser.ts'
import { type BuiltPage, buildScratchPage } from './built-page.ts'
import { type SceneServer, serveScene } from './scene-server.ts'
import { SCENES, type Scene, type SceneName } from './scenes.ts'

export interface Play {
  readonly page: Page
  readonly server: SceneServer
}

export interface Stage {
  readonly built: () => BuiltPage
  /** Opens a scene; after the test, nothing may have been refused, failed, or asked of anybody else. */
  play(scene: SceneName | Scene, options?: PageOptions & { readonly path?: string }): Promise<Play>
}

/** Call once at the top of a test file. */
export function createStage(): Stage {
  let browser: TestBrowser | undefined
  let built: BuiltPage | undefined

  beforeAll(async () => {
    const both = await Promise.all([openBrowser(), buildScratchPage()])
    browser = both[0]
    built = both[1]
  })
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]()
    await built?.[Symbol.asyncDispose]()
  })

  function here<T>(value: T | undefined): T {
    if (value === undefined) throw new Error('the stage is set up before the tests, by createStage() at the top')
    return value
  }

  return {
    built: () => here(built),
    async play(scene, options = {}) {
      const server = await serveScene({
        scene: typeof scene === 'string' ? SCENES[scene]() : scene,
        pageDir: here(built).dir,
      })
      onTestFinished(() => server.close())
      const { page, faults } = await openWatchedPage(here(browser).browser, server.url + (options.path ?? ''), options)
      onTestFinished(async () => {
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
