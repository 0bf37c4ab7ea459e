/** `log-kernel`: the kernel's log, by the rules that come with Node Doctor and by one's own. */
import { type CheckContext, defineCheck, type RunCheck } from '#monitor-kit'
import { LOG_SOURCE_UNREADABLE } from '../../reading/declared.ts'
import { createStartTime } from '../../reading/start-time.ts'
import { createRuleCheck } from '../../rules/check.ts'
import { declarationOfRules } from '../../rules/declare.ts'
import { rulesOfKeys, TYPES_OF_PACKS } from '../../rules/sources.ts'
import { createKernelLogSource } from '../../sources/kmsg.ts'
import type { LogSource } from '../../sources/types.ts'
import type { Config } from './config.ts'

function createKernelCheck(context: Omit<CheckContext<Config>, 'signal'>): RunCheck<Config> {
  const { config, host, clock } = context
  const startTime = createStartTime({ lookback: '', delay: '' })
  let bootTime: Date | undefined

  /** Once: the kernel's times of one boot are never moved against each other. */
  async function open(): Promise<LogSource> {
    bootTime ??= (await startTime(host, clock.now())).bootTime
    return createKernelLogSource({ logs: host.logs, bootTime, isKernelOnly: config.facilities === 'kernel' })
  }

  return createRuleCheck(context, {
    rules: rulesOfKeys(config),
    open,
    hasHistory: true,
    isOneOfMany: false,
    isOfHost: true,
  })
}

export const logKernel = defineCheck<Config>({
  type: 'log-kernel',
  description: "Looks for problems in the kernel's log, by packs of rules and by rules of your own",
  intervalMs: 30_000,
  timeoutMs: 10_000,
  followsBeforeCursor: true,
  conditions: [LOG_SOURCE_UNREADABLE],
  typesFrom: ['rules[].condition'],
  typesOf: TYPES_OF_PACKS,
  declare: (config) => declarationOfRules(rulesOfKeys(config), 'the kernel log: /dev/kmsg, or what dmesg tells'),
  create: createKernelCheck,
})
