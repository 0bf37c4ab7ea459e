/** Which lines of the page its tests in the browser ran. Collected by `make test`; told by its own line. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Profiler } from 'node:inspector'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mergeProcessCovs } from '@bcoe/v8-coverage'
import { createCoverageMap } from '@vitest/istanbul-lib-coverage'
import { convert } from 'ast-v8-to-istanbul'
import type { Page } from 'playwright-core'
import { parseAst } from 'vite'

/** Of the page's lines, in per cent; the same as of everything else. */
const LINES_LEAST = 80

/** Begins to count what runs in a page. @returns what ends it and keeps what was counted in `dir` */
export async function countIn(page: Page, dir: string): Promise<() => Promise<void>> {
  await page.coverage.startJSCoverage({ resetOnNavigation: false })
  return async () => {
    if (page.isClosed()) return
    const entries = await page.coverage.stopJSCoverage()
    // Each test has a server, and so an address, of its own.
    const scripts = entries
      .map(
        ({ scriptId, url, functions }): Profiler.ScriptCoverage => ({
          scriptId,
          url: new URL(url).pathname,
          functions,
        }),
      )
      .filter(({ url }) => url.endsWith('.js'))
    if (scripts.length > 0) await writeFile(join(await mkdtemp(join(dir, 'test-')), 'v8.json'), JSON.stringify(scripts))
  }
}

/** A folder for what is counted. */
export async function countingFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'nd-page-coverage-'))
}

/** Adds all of it up. @param pageDir the page as it was built, with its source map */
export async function linesCovered(dir: string, pageDir: string): Promise<number> {
  const tests = await readdir(dir)
  const counted = await Promise.all(
    tests.map(
      async (test) => JSON.parse(await readFile(join(dir, test, 'v8.json'), 'utf8')) as Profiler.ScriptCoverage[],
    ),
  )
  const merged = mergeProcessCovs(counted.flatMap((scripts) => scripts.map((script) => ({ result: [script] }))))
  const map = createCoverageMap({})
  for (const script of merged.result) {
    const file = join(pageDir, script.url)
    const code = await readFile(file, 'utf8')
    const sourceMap = JSON.parse(await readFile(`${file}.map`, 'utf8'))
    const coverage = { ...script, url: pathToFileURL(file).href }
    map.merge(await convert({ ast: parseAst(code), code, wrapperLength: 0, coverage, sourceMap }))
  }
  const own = createCoverageMap({})
  for (const file of map.files()) if (!file.includes('node_modules')) own.addFileCoverage(map.fileCoverageFor(file))
  return Number(own.getCoverageSummary().lines.pct)
}

/** Says it, takes the folder away, and fails below {@link LINES_LEAST}. */
export async function tellCoverage(dir: string, pageDir: string): Promise<void> {
  const percent = await linesCovered(dir, pageDir)
  await rm(dir, { recursive: true, force: true })
  console.log(`Page         : ${percent}% of lines, in the browser`)
  if (percent < LINES_LEAST)
    throw new Error(`the page's tests run ${percent} % of its lines, at least ${LINES_LEAST} % are wanted`)
}
