/** Records of repairs as a remediator tells them, for tests of whoever shows them. */
import type { Act, Problem, ProblemSight, Remediation, ToldRemediation } from '#model'
import { ago, someProblem } from './testing.ts'

/** A problem as a record has it. */
export function sightOf(problem: Problem = someProblem()): ProblemSight {
  const { fingerprint, generation, opened, type, entity, severity, reason, message, check, source } = problem
  return {
    opening: { fingerprint, generation, opened },
    type,
    entity,
    severity,
    reason,
    message,
    check,
    monitor: source,
  }
}

export const CLEANUP: Act = {
  strategy: 'disk-cleanup',
  target: 'disk:/var',
  parameters: { paths: '/var/log' },
  text: 'clean up /var/log',
}

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

/** An attempt that begins, with all well, to be changed where a test cares. */
export function started(changes: Partial<Kind<'started'>> = {}): Remediation {
  return {
    kind: 'started',
    attempt: '3f2a91c0-1',
    problem: sightOf(),
    act: CLEANUP,
    mode: 'act',
    number: 1,
    of: 3,
    cooldownMs: 600_000,
    verifyWithinMs: 300_000,
    ...changes,
  }
}

/** Its end. */
export function ended(changes: Partial<Kind<'ended'>> = {}): Remediation {
  return {
    kind: 'ended',
    attempt: '3f2a91c0-1',
    outcome: 'succeeded',
    message: '12 files are gone',
    output: 'removed /var/log/a.1\nremoved /var/log/b.1\n',
    isOutputCut: false,
    durationMs: 1500,
    figures: [{ what: 'free on /var', before: 7.6, after: 41.2, unit: 'GiB' }],
    ...changes,
  }
}

/** What was seen after it. */
export function verified(changes: Partial<Kind<'verified'>> = {}): Remediation {
  return {
    kind: 'verified',
    attempt: '3f2a91c0-1',
    verdict: 'proven',
    message: '2 checks in a row find it well',
    ...changes,
  }
}

/** A gate that did not let one through. */
export function refused(changes: Partial<Kind<'refused'>> = {}): Remediation {
  return {
    kind: 'refused',
    problem: sightOf(),
    act: CLEANUP,
    mode: 'act',
    gate: 'cooldown',
    reason: 'it was done 2 min ago, again after 10 min',
    forMs: 480_000,
    ...changes,
  }
}

/** Tells what is said, one second after the other, under the next numbers. */
export function createStory(journal = 'j1', bootId = 'b1') {
  let sequence = 0
  return (what: Remediation, time: Date = ago(100 - sequence)): ToldRemediation => {
    sequence++
    return { journal, sequence, time, bootId, monoMs: sequence * 1000, what }
  }
}
