/** The real browser, as tests and pictures of the page use it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

export const CHROMIUM = '/usr/bin/chromium'

/** What keeps Chromium from asking anybody for anything, and runs it without a sandbox of its own. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const

/**
 * What Chromium shall not do, in the place of Playwright's own switch, of which the last one counts: its first two are pages of its own (what
 * drops out of the address bar), for which it starts processes anew beside each page that a test opens; the others are Playwright's.
 */
const FEATURES_OFF = [
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxPopup',
  'AimEnabled',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
] as const

export interface TestBrowser extends AsyncDisposable {
  readonly browser: Browser
}

/** The system's typeface is Inter where that is installed, so that pictures taken on different machines are alike. */
const FONTS = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include>
${['system-ui', 'sans', 'sans-serif']
  .map(
    (family) => `<match target="pattern"><test name="family" qual="any"><string>${family}</string></test>
<edit name="family" mode="prepend" binding="strong"><string>Inter</string></edit></match>`,
  )
  .join('\n')}
</fontconfig>`

/** How it is launched. */
export function launchOptions(env: Readonly<Record<string, string>> = {}) {
  const own = Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]]))
  return {
    executablePath: CHROMIUM,
    args: [...ARGUMENTS, `--disable-features=${FEATURES_OFF.join()}`],
    env: { ...Object.fromEntries(own), ...env },
  }
}

/** @param options `typeface`: draw with Inter where it is installed, as the pictures in docs/images are */
export async function openBrowser(options: { readonly typeface?: boolean } = {}): Promise<TestBrowser> {
  const scratch = await mkdtemp(join(tmpdir(), 'nd-page-'))
  const env: Record<string, string> = {}
  if (options.typeface === true) {
    const file = join(scratch, 'fonts.conf')
    await writeFile(file, FONTS)
    env['FONTCONFIG_FILE'] = file
  }
  const browser = await chromium.launch(launchOptions(env))
  return {
    browser,
    async [Symbol.asyncDispose]() {
      await browser.close()
      await rm(scratch, { recursive: true, force: true })
    },
  }
}

export interface Watched {
  readonly page: Page
  /** What the page's policy refused, scripts that failed, and requests to anybody but its own server. */
  readonly faults: string[]
}

export interface PageOptions {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly reducedMotion?: boolean
  /** What is done before the page is asked for. */
  readonly before?: (page: Page) => Promise<void>
}

/** A page of its own that tells what goes wrong in it. */
export async function openWatchedPage(browser: Browser, url: string, options: PageOptions = {}): Promise<Watched> {
  const { width = 1280, height = 800, dark = false, reducedMotion = true } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    timezoneId: 'Europe/Berlin',
  })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (err) => faults.push(`failed: ${err.message}`))
  page.on('console', (message) => {
    const text = message.text()
    // A server that is gone on purpose is no fault of the page.
    if (
      message.type() === 'error' &&
      !/ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_INCOMPLETE|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/.test(text)
    ) {
      faults.push(`said: ${text}`)
    }
  })
  page.on('request', (request) => {
    const asked = request.url()
    if (!asked.startsWith(new URL(url).origin) && !asked.startsWith('data:')) faults.push(`asked ${asked}`)
  })
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    console.error('refused ' + event.violatedDirective + ': ' + event.blockedURI + ' ' + event.sample))`)
  await options.before?.(page)
  await page.goto(url)
  return { page, faults }
}
