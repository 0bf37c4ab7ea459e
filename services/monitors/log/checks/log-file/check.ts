/** `log-file`: a log file, by rules of one's own. */
import type { Logs } from '#host'
import { type CheckContext, defineCheck, type RunCheck } from '#monitor-kit'
import { LOG_SOURCE_UNREADABLE } from '../../reading/declared.ts'
import { createRuleCheck } from '../../rules/check.ts'
import { declarationOfRules } from '../../rules/declare.ts'
import { rulesOfKeys, TYPES_OF_PACKS } from '../../rules/sources.ts'
import { createFileSource } from '../../sources/file.ts'
import type { Config } from './config.ts'
import { createFileFormat } from './format.ts'

/** Where nothing was read yet, what is written from now on comes first. */
function fromEnd(logs: Logs): Pick<Logs, 'tail'> {
  return {
    tail: (path, options) => logs.tail(path, { ...options, from: options.from === 'start' ? 'end' : options.from }),
  }
}

function createFileCheck(context: Omit<CheckContext<Config>, 'signal'>): RunCheck<Config> {
  const { config, host, clock } = context
  const { path, begin } = config
  const logs = begin === 'end' ? fromEnd(host.logs) : host.logs
  // What it cannot be made of is known at once.
  createFileFormat(config)
  const open = () => createFileSource({ logs, clock, path, format: createFileFormat(config) })
  // Whose log it is nobody says: it may be gathered from others.
  return createRuleCheck(context, {
    rules: rulesOfKeys(config),
    open,
    hasHistory: false,
    isOneOfMany: true,
    isOfHost: false,
  })
}

export const logFile = defineCheck<Config>({
  type: 'log-file',
  description: 'Looks for problems in a log file, by rules of your own and by packs of rules',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  instances: 'many',
  conditions: [LOG_SOURCE_UNREADABLE],
  typesFrom: ['rules[].condition'],
  typesOf: TYPES_OF_PACKS,
  declare: (config) => declarationOfRules(rulesOfKeys(config), `the file ${config.path}`),
  create: createFileCheck,
})
