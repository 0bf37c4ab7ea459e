/** The packs that come with Node Doctor, as rules that can be compiled. Pure. */
import { parseDuration } from '#golang'
import { isCalled, PACKS, type PackRule, packOf } from '#log-rules'
import type { RuleSource } from './rules/compile.ts'
import { UnknownPackError } from './rules/errors.ts'

const NS_PER_MS = 1_000_000n

function milliseconds(text: string): number {
  return Number(parseDuration(text) / NS_PER_MS)
}

function sourceOf({ name, pattern, reason, message, severity, entity = '', ...rest }: PackRule): RuleSource {
  const { condition, recover, threshold } = rest
  const { absentFor, match, reboot = false } = recover ?? {}
  return {
    ...{ name, match: pattern, reason, message, severity, entity, lines: 1 },
    ...(condition === undefined ? {} : { condition }),
    ...(threshold === undefined ? {} : { threshold: { ...threshold, within: milliseconds(threshold.within) } }),
    ...(recover === undefined
      ? {}
      : {
          recover: {
            reboot,
            ...(match === undefined ? {} : { match }),
            ...(absentFor === undefined ? {} : { absentFor: milliseconds(absentFor) }),
          },
        }),
  }
}

/**
 * The rules of packs, in the order of their names.
 * @param disable names and aliases of rules that are left out
 * @throws UnknownPackError
 */
export function packSources(packs: readonly string[], disable: readonly string[] = []): readonly RuleSource[] {
  return packs.flatMap((pack) => {
    const rules = packOf(pack)
    if (rules === undefined) {
      throw new UnknownPackError(
        pack,
        PACKS.map(({ name }) => name),
      )
    }
    return rules.filter((rule) => !disable.some((called) => isCalled(rule, called))).map(sourceOf)
  })
}
