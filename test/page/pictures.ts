/** Photographs the scenes for docs/images: `node test/page/pictures.ts [scene …]`. Needs a built page (`make build`). */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser, openWatchedPage } from './browser.ts'
import { serveScene } from './scene-server.ts'
import { SCENES, type SceneName } from './scenes.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const OUT = join(ROOT, 'docs', 'images')
/** When the page has drawn what its scene has. */
const SETTLED_MS = 900

function isScene(name: string): name is SceneName {
  return name in SCENES
}

const named = process.argv.slice(2).filter(isScene)
const scenes = named.length > 0 ? named : Object.keys(SCENES).filter(isScene)
await mkdir(OUT, { recursive: true })
await using opened = await openBrowser({ typeface: true })
for (const scene of scenes) {
  const server = await serveScene({ scene: SCENES[scene](), pageDir: join(ROOT, 'dist', 'page') })
  for (const dark of [true, false]) {
    for (const width of [1280, 375]) {
      const { page } = await openWatchedPage(opened.browser, server.url, { width, dark })
      await page.waitForTimeout(SETTLED_MS)
      await page.screenshot({ path: join(OUT, `${scene}-${dark ? 'dark' : 'light'}-${width}.png`) })
      await page.close()
    }
  }
  await server.close()
}
