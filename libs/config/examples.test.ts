import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parseConfig } from './load.ts'
import { withoutSecrets } from './show.ts'
import { ROOT_SERVER } from './testing.ts'
import type { NodeDoctorConfig } from './types.ts'

const FOLDER = join(import.meta.dirname, '../../deploy/examples')
const FILES = readdirSync(FOLDER).sort()

function load(file: string) {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  return parseConfig(text, file, { flags: [], env: { NODE_NAME: 'worker-1' }, surroundings: ROOT_SERVER })
}

/**
 * What is in force, one key a line, so that a difference is readable. In the golden file's own order where it says the same:
 * the order of keys says nothing.
 */
function effective(config: NodeDoctorConfig, golden: string): string {
  const { catalog: _, ...rest } = config
  const text = `${JSON.stringify(rest, null, 1)}\n`
  const path = join(import.meta.dirname, golden)
  const known = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return known !== '' && isDeepStrictEqual(JSON.parse(known), JSON.parse(text)) ? known : text
}

describe('shipped examples', () => {
  it('are these four', () => {
    expect(FILES).toEqual(['custom.yaml', 'full-featured.yaml', 'minimal.yaml', 'repair.yaml'])
  })

  it.each(FILES)('%s has the effective values of its golden file', async (file) => {
    const golden = `./fixtures/${file.replace('.yaml', '.effective.json')}`
    await expect(effective(withoutSecrets(load(file)), golden)).toMatchFileSnapshot(golden)
  })

  it.each(FILES)('%s needs no fallback and no other name, except where it shows them', (file) => {
    const keys = (load(file).notes ?? []).map(({ key }) => key)
    expect(keys).toEqual(
      file === 'custom.yaml'
        ? ['plugins.gpu-monitor.invoke_interval', 'plugins.gpu-monitor.pluginParameters', 'monitors.gpu']
        : [],
    )
  })

  it('full-featured.yaml is the example of the architecture, below a comment', () => {
    const seed = readFileSync(new URL('./fixtures/seed.yaml', import.meta.url), 'utf8')
    const text = readFileSync(join(FOLDER, 'full-featured.yaml'), 'utf8')
    expect(text.replace(/^(#.*\n)+/, '')).toBe(seed)
  })

  it('the embedded default has these effective values', async () => {
    const config = parseConfig('', '', { flags: [], env: { NODE_NAME: 'worker-1' }, surroundings: ROOT_SERVER })
    const golden = './fixtures/default.effective.json'
    await expect(effective(config, golden)).toMatchFileSnapshot(golden)
  })
})
