/** The built page, read once: its files, compressed, and the policy that allows exactly its own code. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

export interface PageFile {
  readonly type: string
  readonly body: Uint8Array
  readonly gzipped: Uint8Array
}

export interface Page {
  readonly index: PageFile
  /** Value of Content-Security-Policy for the index. */
  readonly policy: string
  /** Other files by their path, "/assets/…"; their names carry a hash of their content. */
  readonly assets: ReadonlyMap<string, PageFile>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webmanifest': 'application/manifest+json',
}

const compress = promisify(gzip)

async function readPageFile(path: string): Promise<PageFile> {
  const body = await readFile(path)
  return {
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    body,
    gzipped: await compress(body, { level: 9 }),
  }
}

function hashes(html: string, element: 'script' | 'style'): string[] {
  const inline = html.matchAll(new RegExp(`<${element}(?:\\s[^>]*)?>([\\s\\S]*?)</${element}>`, 'gi'))
  return [...inline]
    .map(([, content = '']) => content)
    .filter((content) => content !== '')
    .map((content) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`)
}

/**
 * What the page may do: run and look as its own built code says, ask this server, and nothing else. No "unsafe-…", no
 * other origin.
 */
export function renderPolicy(html: string, hasAssets: boolean): string {
  const self = hasAssets ? ["'self'"] : []
  const sources = (values: readonly string[]) => (values.length === 0 ? "'none'" : values.join(' '))
  // The icon may be part of the document.
  const images = /(?:href|src)=["']?data:image\//i.test(html) ? [...self, 'data:'] : self
  return [
    "default-src 'none'",
    `script-src ${sources([...self, ...hashes(html, 'script')])}`,
    `style-src ${sources([...self, ...hashes(html, 'style')])}`,
    `img-src ${sources(images)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ')
}

/** Undefined where no page was built into this folder. */
export async function loadPage(dir: string): Promise<Page | undefined> {
  let names: string[]
  try {
    names = await readdir(dir, { recursive: true })
  } catch {
    return undefined
  }
  if (!names.includes('index.html')) return undefined
  const assets = new Map<string, PageFile>()
  for (const name of names) {
    if (name === 'index.html' || extname(name) === '' || extname(name) === '.map') continue
    const path = join(dir, name)
    assets.set(`/${relative(dir, path).split(sep).join('/')}`, await readPageFile(path))
  }
  const index = await readPageFile(join(dir, 'index.html'))
  return { index, assets, policy: renderPolicy(Buffer.from(index.body).toString('utf8'), assets.size > 0) }
}
