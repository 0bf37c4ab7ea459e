/**
 * The page in a real browser: its size, how soon it says what it is opened for, how evenly it draws a thousand
 * conditions, how long a report takes to a painted word, and what it holds on to. `--seconds 60` for the changes.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { Health } from '#proto/nodedoctor/v1/types.ts'
import { gzippedBytes } from '../../scripts/build-page.ts'
import { ensureBuilt, startConstellation, until } from '../e2e/constellation.ts'
import { openBrowser } from '../page/browser.ts'
import { sendChanges, usedHeap } from '../page/growth.ts'
import { serveScene } from '../page/scene-server.ts'
import { SCENES, type SceneName } from '../page/scenes.ts'
import { startBenchMonitor } from './bench-monitor.ts'
import { reportFigure } from './figure.ts'

const DIST = join(import.meta.dirname, '../../dist/page')
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 20
const OPENINGS = 7
const CHANGES_PER_SECOND = 100
const REPORTS = 200
const BETWEEN_REPORTS_MS = 40
const MESSAGES = 400

/** In the page: paints of the verdict, long frames, and when each number of problems was painted. */
const WATCH = `globalThis.seen = { verdict: [], frames: [], problems: [] }
function watch(type, put) {
  new PerformanceObserver((list) => list.getEntries().forEach(put)).observe({ type, buffered: true })
}
watch('element', ({ renderTime }) => seen.verdict.push(renderTime))
watch('long-animation-frame', ({ duration }) => seen.frames.push(duration))
let last = ''
new MutationObserver(() => {
  const [, count = ''] = /([\\d,]+) problems?:/.exec(document.querySelector('h1')?.textContent ?? '') ?? []
  if (count === last) return
  last = count
  // This runs between the drawing and its painting; what waits for a turn comes after both.
  setTimeout(() => seen.problems.push([Number(count.replaceAll(',', '')), performance.timeOrigin + performance.now()]))
}).observe(document, { subtree: true, childList: true, characterData: true })`

interface Seen {
  readonly verdict: readonly number[]
  /** Frames that took longer than 50 ms; of shorter ones nothing is known. */
  readonly frames: readonly number[]
  /** [number of open problems, epoch milliseconds at which it was painted] */
  readonly problems: readonly (readonly [number, number])[]
}

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  await page.addInitScript(WATCH)
  await page.goto(url)
  await page.locator('#page > footer').waitFor()
  await page.locator('.conds[aria-busy]').waitFor({ state: 'detached' })
  return page
}

function look(page: Page): Promise<Seen> {
  return page.evaluate('seen')
}

function percentile(samples: readonly number[], part: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

/** Longest of the frames that took over 50 ms; 50 where there was none. */
function longest(frames: readonly number[]): number {
  return Math.max(50, ...frames)
}

async function openings(browser: Browser, scene: SceneName): Promise<{ verdictMs: number; frameMs: number }> {
  const verdicts: number[] = []
  const frames: number[] = []
  const server = await serveScene({ scene: SCENES[scene](), pageDir: DIST })
  // The first opens the browser's own caches.
  for (let run = 0; run <= OPENINGS; run++) {
    const page = await open(browser, server.url)
    const { verdict, frames: long } = await look(page)
    if (run > 0) {
      verdicts.push(verdict[0] ?? Number.NaN)
      frames.push(longest(long))
    }
    await page.context().close()
  }
  await server.close()
  return { verdictMs: percentile(verdicts, 0.5), frameMs: percentile(frames, 0.5) }
}

/** The same browser with a page that has nothing to do but to say one word: what this machine takes for any page. */
async function bareOpening(browser: Browser): Promise<number> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<!doctype html><title>bare</title><h1 elementtiming="verdict">All right</h1><footer></footer>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const verdicts: number[] = []
  for (let run = 0; run <= OPENINGS; run++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    const page = await context.newPage()
    await page.addInitScript(WATCH)
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const paintedMs = await until('the bare page is painted', async () => (await look(page)).verdict[0])
    if (run > 0) verdicts.push(paintedMs)
    await context.close()
  }
  server.close()
  return percentile(verdicts, 0.5)
}

/** A hundred changes a second among a thousand conditions, each ten rows. */
async function changes(browser: Browser): Promise<number> {
  const server = await serveScene({ scene: SCENES.thousand(), pageDir: DIST })
  const page = await open(browser, server.url)
  const before = (await look(page)).frames.length
  const began = performance.now()
  for (let turn = 0; turn < seconds * CHANGES_PER_SECOND; turn++) {
    server.change((was) => ({
      ...was,
      conditions: [...was.conditions].map((one, index) =>
        index % 100 === turn % 100
          ? { ...one, observed: new Date(one.observed.getTime() + 1000), message: `${turn % 90} % used of 1 TiB` }
          : one,
      ),
    }))
    const wait = began + ((turn + 1) * 1000) / CHANGES_PER_SECOND - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
  const { frames } = await look(page)
  await page.context().close()
  await server.close()
  return longest(frames.slice(before))
}

/** How far the page's clock is ahead of this process's, in milliseconds: at the quickest of some questions. */
async function clockAhead(page: Page): Promise<number> {
  const answers: { readonly tookMs: number; readonly ahead: number }[] = []
  for (let turn = 0; turn < 30; turn++) {
    const asked = performance.now()
    const there = Number(await page.evaluate('performance.timeOrigin + performance.now()'))
    const tookMs = performance.now() - asked
    answers.push({ tookMs, ahead: there - performance.timeOrigin - asked - tookMs / 2 })
  }
  return answers.toSorted((a, b) => a.tookMs - b.tookMs)[0]?.ahead ?? 0
}

/** From a monitor's report, through detector, bus and exporter, to the painted number of problems. */
async function reportsToPixel(browser: Browser): Promise<number[]> {
  const c = await startConstellation({
    services: ['detector', 'http-exporter'],
    config: { settings: { logLevel: 'info' } },
  })
  await c.ready()
  const monitor = await startBenchMonitor(c.runDir)
  const page = await open(browser, c.url)
  // The one problem of this node that is none of ours: it does not run the monitor of the defaults.
  await page.getByRole('heading', { name: '1 problem: monitor system does not answer' }).waitFor({ timeout: 60_000 })
  const ahead = await clockAhead(page)
  const sent: number[] = []
  for (let count = 1; count <= REPORTS; count++) {
    sent.push(performance.timeOrigin + performance.now())
    monitor.report(Health.PROBLEM, `bench:${count}`)
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_REPORTS_MS))
  }
  const all = await until('every problem is painted', async () => {
    const { problems } = await look(page)
    return problems.at(-1)?.[0] === REPORTS + 1 ? problems : undefined
  })
  await page.context().close()
  await monitor.close()
  await c.stop()
  // Several reports may be told in one frame: each is there with the first number that holds it.
  return sent.map((atMs, index) => (all.find(([count]) => count > index + 1)?.[1] ?? Number.NaN) - ahead - atMs)
}

async function growth(browser: Browser): Promise<number> {
  const server = await serveScene({ scene: SCENES.problems(), pageDir: DIST })
  const page = await open(browser, server.url)
  const session = await page.context().newCDPSession(page)
  await sendChanges({ page, server }, MESSAGES)
  const before = await usedHeap(session)
  await sendChanges({ page, server }, MESSAGES)
  const after = await usedHeap(session)
  await page.context().close()
  await server.close()
  return (after.heapBytes - before.heapBytes) / MESSAGES / 1000
}

ensureBuilt()
await using opened = await openBrowser()
const { browser } = opened
reportFigure({
  name: 'page, all files gzipped',
  value: gzippedBytes(DIST) / 1000,
  unit: 'kB',
  budget: { max: 60 },
})

const usual = await openings(browser, 'problems')
const thousand = await openings(browser, 'thousand')
const beside = { name: 'a bare page', value: await bareOpening(browser) }
reportFigure({
  name: 'first verdict painted',
  value: usual.verdictMs,
  unit: 'ms',
  budget: { max: 300 },
  comparedWith: beside,
})
reportFigure({
  name: 'first verdict painted, 1,000 conditions',
  value: thousand.verdictMs,
  unit: 'ms',
  budget: { max: 300 },
  comparedWith: beside,
})
reportFigure({
  name: 'longest frame while 1,000 conditions are opened',
  value: thousand.frameMs,
  unit: 'ms',
  budget: { max: 100 },
  comparedWith: { name: 'with 31 conditions', value: usual.frameMs },
})
reportFigure({
  name: `longest frame in ${seconds} s, 1,000 conditions, ${CHANGES_PER_SECOND} changes/s`,
  value: await changes(browser),
  unit: 'ms',
  budget: { max: 100 },
})

const latencies = await reportsToPixel(browser)
reportFigure({ name: `report to pixel, p50 of ${REPORTS}`, value: percentile(latencies, 0.5), unit: 'ms' })
reportFigure({ name: 'report to pixel, p99', value: percentile(latencies, 0.99), unit: 'ms', budget: { max: 150 } })
reportFigure({ name: 'page’s heap, growth per message', value: await growth(browser), unit: 'kB', budget: { max: 2 } })
