/** Checks with rules that tests follow a log with. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type CheckDefinition, type CheckResult, defineCheck } from '#monitor-kit'
import { type CheckSetting, startCheck as startAnyCheck } from '#monitor-kit/testing'
import { LOG_SOURCE_UNREADABLE } from '../reading/declared.ts'
import type { LogLine } from '../sources/types.ts'
import { createRuleCheck } from './check.ts'
import { declarationOfRules } from './declare.ts'
import type { ScriptedLog } from './testing-log.ts'
import { lineOf } from './testing-rules.ts'
import type { Rule } from './types.ts'

/** What a test says of a check. */
export type Setting = Partial<Parameters<typeof createRuleCheck>[1]> & { readonly rules: readonly Rule[] }

function testDeclaration(rules: readonly Rule[]) {
  const { conditions, ...more } = declarationOfRules(rules, 'a test')
  return { ...more, conditions: [LOG_SOURCE_UNREADABLE, ...conditions] }
}

/** A check with rules over a log of a test. */
export function checkOf(log: ScriptedLog, setting: Setting): CheckDefinition<unknown> {
  const { rules } = setting
  const options = { open: () => log, hasHistory: false, isOneOfMany: false, isOfHost: true, ...setting }
  return defineCheck({
    type: 'log-test',
    description: 'Follows a log of a test',
    intervalMs: 30_000,
    timeoutMs: 10_000,
    ...{ ...testDeclaration(rules), create: (context) => createRuleCheck(context, options) },
  })
}

/** With a state folder of its own, unless it is given one. */
export function startCheck(check: CheckDefinition<unknown>, setting: CheckSetting<unknown>) {
  const stateFolder = setting.stateFolder ?? mkdtempSync(join(tmpdir(), 'nd-rules-'))
  onTestFinished(() => rmSync(stateFolder, { recursive: true, force: true }))
  return startAnyCheck(check, { ...setting, stateFolder })
}

/** A link of the network is down, and what ends that. */
export const down = { match: 'down (\\w+)', entity: 'nic:$1', reason: 'LinkLost', condition: 'LinkDown' }
/** What ends it. */
export const recover = { match: 'up (\\w+)', reboot: false }

/** Of what is said of its conditions; that the log is read is one of its own. */
export function healthOf({ findings }: CheckResult): string[] {
  const own = findings.filter(({ type, health }) => type !== 'LogSourceUnreadable' || health !== 'healthy')
  return own.map(({ type, entity = '', health, reason }) => `${type} ${entity} ${health} ${reason}`)
}

/** A line that is said when the clock of the test stands. */
export function now(clock: { now(): Date }, text: string, index: number, agoMs = 0): LogLine {
  return { ...lineOf(text, index), at: new Date(clock.now().getTime() - agoMs) }
}
