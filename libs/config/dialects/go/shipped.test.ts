import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../load.ts'
import { withoutSecrets } from '../../show.ts'
import { ROOT_SERVER } from '../../testing.ts'
import { readGo } from './read.ts'

const FOLDER = join(import.meta.dirname, 'fixtures')
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml') && !name.endsWith('.ours.yaml'))

function load(file: string) {
  const text = readFileSync(join(FOLDER, file), 'utf8')
  return parseConfig(text, file, {
    flags: [],
    env: { NODE_NAME: 'worker-1' },
    surroundings: ROOT_SERVER,
    dialect: readGo,
  })
}

describe('configurations as the Go program ships them', () => {
  it.each(FILES)('%s has the effective values of its golden file', async (file) => {
    const { catalog: _, ...rest } = withoutSecrets(load(file))
    const golden = join(FOLDER, file.replace('.yaml', '.effective.json'))
    await expect(`${JSON.stringify(rest, null, 1)}\n`).toMatchFileSnapshot(golden)
  })

  it.each(FILES)('%s says of each key that is none of ours what became of it', async (file) => {
    const { notes = [], missing } = load(file)
    const told = notes.map(({ key, text, dialect }) => `${dialect?.where}: ${key}: ${dialect?.status}: ${text}`)
    const absent = missing.map(({ key, what, reason }) => `missing: ${key}: ${what}: ${reason}`)
    await expect(`${[...told, ...absent].join('\n')}\n`).toMatchFileSnapshot(
      join(FOLDER, file.replace('.yaml', '.told.txt')),
    )
  })

  it('need no secret of what is not delivered, and show none', () => {
    const text = JSON.stringify(load('webhooks.yaml'))
    expect(text).not.toMatch(/CHAT_TOKEN|PAGER/)
  })
})
