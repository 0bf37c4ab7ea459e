/** For tests: configurations from text, in surroundings that are the same everywhere. */

import * as patterns from '#pattern'
import { CATALOG, type Catalog } from './catalog.ts'
import { readGo } from './dialects/go/read.ts'
import { ConfigErrors } from './errors.ts'
import type { Surroundings } from './layers/defaults.ts'
import type { Environment } from './layers/substitute.ts'
import { type ConfigFlag, parseConfig } from './load.ts'
import type { NodeDoctorConfig } from './types.ts'

export const ROOT_SERVER: Surroundings = { root: true, terminal: false, home: '/root', hostName: 'Machine-1' }

export const HEAD = 'apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata:\n  name: test\n'

export interface Around {
  readonly env?: Environment
  readonly flags?: readonly ConfigFlag[]
  readonly surroundings?: Surroundings
  /** Default: the catalogue of this version. */
  readonly catalog?: Catalog
}

/** A whole document as file "config.yaml". */
export function parse(text: string, around: Around = {}): NodeDoctorConfig {
  const { env = {}, flags = [], surroundings = ROOT_SERVER, catalog = CATALOG } = around
  return parseConfig(text, 'config.yaml', { env, flags, surroundings, catalog, patterns, dialect: readGo })
}

/** The faults of a document, one line each. */
export function faultsOf(text: string, around: Around = {}): readonly string[] {
  try {
    parse(text, around)
  } catch (err) {
    if (err instanceof ConfigErrors)
      return err.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim())
    throw err
  }
  return []
}

/** A flag as `--set KEY=VALUE` gives it. */
export function set(pair: string): ConfigFlag {
  const equals = pair.indexOf('=')
  return { key: pair.slice(0, equals), value: pair.slice(equals + 1), flag: `--set ${pair}` }
}
