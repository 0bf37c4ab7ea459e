import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ownedNames, REGISTER } from '../../../scripts/catalog/owned-names.ts'
import owners from './owned-names.json' with { type: 'json' }

const SERVICES = join(import.meta.dirname, '../..')

describe('the names that services of ours count under', () => {
  it('are those of their registries', () => {
    expect(owners).toEqual(ownedNames())
  })

  it('come from every file that registers metrics', () => {
    const files = globSync('**/*.ts', { cwd: SERVICES }).filter((file) => !/(?:^|\/)testing|\.test\.ts$/.test(file))
    const registering = files.filter((file) =>
      /\b(?:counter|gauge|total|histogram)\b[^\n]*: Metrics\b|metrics\.(?:counter|gauge|total|histogram)\(/.test(
        readFileSync(join(SERVICES, file), 'utf8'),
      ),
    )
    expect(registering.sort()).toEqual(Object.keys(REGISTER).sort())
  })
})
