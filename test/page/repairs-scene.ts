/** A node whose problems are being repaired: one attempt that did not help and is held back, and one that runs. */
import type { Problem, Remediation } from '#model'
import { createRepairs, type NodeFacts, renderRemediation } from '#view'
import { ago, NOW } from './facts.ts'

/** What was told, with how long ago. */
type Told = readonly [secondsAgo: number, what: Remediation]

function sightOf({ fingerprint, generation, opened, type, entity, severity, reason, message, check, source }: Problem) {
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

function tellsOf(full: Problem, slow: Problem): readonly Told[] {
  const cleanUp = {
    strategy: 'disk-cleanup',
    target: 'disk:/var',
    parameters: {},
    text: 'clean up /var/log and the journal',
  }
  const restart = {
    strategy: 'systemd-restart',
    target: 'unit:kubelet.service',
    parameters: {},
    text: 'systemctl restart kubelet.service',
  }
  const common = { mode: 'act', number: 1, of: 3, cooldownMs: 600_000, verifyWithinMs: 300_000 } as const
  return [
    [180, { kind: 'started', attempt: '3f2a91c0-17', problem: sightOf(full), act: cleanUp, ...common }],
    [
      178,
      {
        kind: 'ended',
        attempt: '3f2a91c0-17',
        outcome: 'succeeded',
        message: '14 files are gone',
        output: 'vacuumed 1.2 GiB of archived journals\nremoved /var/log/app/app.log.7.gz\n',
        isOutputCut: false,
        durationMs: 1840,
        figures: [{ what: 'free on /var', before: 7.6, after: 9.1, unit: 'GiB' }],
        exitCode: 0,
      },
    ],
    [
      60,
      { kind: 'verified', attempt: '3f2a91c0-17', verdict: 'not-proven', message: 'it is still found: 95.5 % used' },
    ],
    [
      60,
      {
        kind: 'refused',
        problem: sightOf(full),
        act: cleanUp,
        mode: 'act',
        gate: 'cooldown',
        reason: 'it was done 2 min ago, again after 10 min',
        forMs: 480_000,
      },
    ],
    [4, { kind: 'started', attempt: '3f2a91c0-18', problem: sightOf(slow), act: restart, ...common }],
  ]
}

/** The same node, with somebody who repairs. */
export function repairing(facts: NodeFacts): NodeFacts {
  const [full, slow] = [...facts.problems]
  if (full === undefined || slow === undefined) throw new Error('the scene has two problems')
  const repairs = createRepairs()
  for (const [i, [secondsAgo, what]] of tellsOf(full, slow).entries())
    repairs.saw({ journal: 'j', sequence: i + 1, time: ago(secondsAgo), bootId: 'b', monoMs: i, what })
  return {
    ...facts,
    remediation: renderRemediation(repairs.facts, { isHeard: true, isJournalWell: true, isDryRun: false }, NOW),
    repairs: repairs.facts.problems,
  }
}
