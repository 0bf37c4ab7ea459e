/** The page is built once, and one browser runs, for all tests of it. */
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { PAGE_COVERAGE_VARIABLE } from '../../scripts/verify/page-coverage.ts'
import { launchOptions } from './browser.ts'
import { buildScratchPage } from './built-page.ts'
import { countingFolder, tellCoverage } from './coverage.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the page was built to. */
    pageDir: string
    /** Where the browser takes connections. */
    browser: string
    /** Where to keep what ran of the page; undefined where nobody asks. */
    pageCoverage: string | undefined
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const isCounted = process.env[PAGE_COVERAGE_VARIABLE] !== undefined
  const [server, built] = await Promise.all([chromium.launchServer(launchOptions()), buildScratchPage(isCounted)])
  const counted = isCounted ? await countingFolder() : undefined
  provide('pageCoverage', counted)
  provide('pageDir', built.dir)
  provide('browser', server.wsEndpoint())
  return async () => {
    await server.close()
    if (counted !== undefined) await tellCoverage(counted, built.dir)
    await built[Symbol.asyncDispose]()
  }
}
