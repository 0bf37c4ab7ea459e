/** The page is built once, and one browser runs, for all tests of it. */
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { launchOptions } from './browser.ts'
import { buildScratchPage } from './built-page.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the page was built to. */
    pageDir: string
    /** Where the browser takes connections. */
    browser: string
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const [server, built] = await Promise.all([chromium.launchServer(launchOptions()), buildScratchPage()])
  provide('pageDir', built.dir)
  provide('browser', server.wsEndpoint())
  return async () => {
    await server.close()
    await built[Symbol.asyncDispose]()
  }
}
