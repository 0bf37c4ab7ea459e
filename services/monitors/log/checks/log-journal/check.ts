/** `log-journal`: the journal of systemd, by packs of rules and by one's own. */
import type { JournalMatch } from '#host'
import { type CheckContext, defineCheck, type RunCheck } from '#monitor-kit'
import { LOG_SOURCE_UNREADABLE } from '../../reading/declared.ts'
import { createRuleCheck } from '../../rules/check.ts'
import { declarationOfRules } from '../../rules/declare.ts'
import { rulesOfKeys, TYPES_OF_PACKS } from '../../rules/sources.ts'
import { createJournalSource } from '../../sources/journal.ts'
import type { Config } from './config.ts'

/** What was written so long before the first look says what is so now; what is older nobody reads a journal of months for. */
const HISTORY_MS = 3_600_000

/** "kubelet" is kubelet.service, as for systemctl. */
function unitName(unit: string): string {
  return unit.includes('.') ? unit : `${unit}.service`
}

/** Whose entries: of any of the units, or of any of the identifiers. */
export function matchesOf({ units, identifiers }: Pick<Config, 'units' | 'identifiers'>): readonly JournalMatch[] {
  return [
    ...(units.length === 0 ? [] : [{ _SYSTEMD_UNIT: units.map(unitName) }]),
    ...(identifiers.length === 0 ? [] : [{ SYSLOG_IDENTIFIER: identifiers }]),
  ]
}

function createJournalCheck(context: Omit<CheckContext<Config>, 'signal'>): RunCheck<Config> {
  const { config, host, clock } = context
  const matches = matchesOf(config)

  const open = () => {
    const since = new Date(clock.now().getTime() - HISTORY_MS)
    return createJournalSource({ logs: host.logs, matches, directory: '', since })
  }

  return createRuleCheck(context, {
    rules: rulesOfKeys(config),
    open,
    hasHistory: true,
    isOneOfMany: true,
    isOfHost: true,
  })
}

export const logJournal = defineCheck<Config>({
  type: 'log-journal',
  description: 'Looks for problems in the journal of systemd, by packs of rules and by rules of your own',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  followsBeforeCursor: true,
  instances: 'many',
  conditions: [LOG_SOURCE_UNREADABLE],
  typesFrom: ['rules[].condition'],
  typesOf: TYPES_OF_PACKS,
  declare: (config) => declarationOfRules(rulesOfKeys(config), 'the journal of systemd'),
  create: createJournalCheck,
})
