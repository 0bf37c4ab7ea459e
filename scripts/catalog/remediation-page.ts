/** docs/remediation.md: every action, and the gates in their order. */
import { renderDuration } from '../../libs/config/duration.ts'
import { REMEDIES, REMEDY_NAMES, type RemedyName, SCRIPT_VARIABLES } from '../../libs/remedies/index.ts'
import type { RemedyNeed, TargetKind } from '../../libs/remedies/types.ts'
import { GATES, type GateName } from '../../services/remediator/gates/types.ts'
import { code, table } from './markdown.ts'
import { COMMANDS_OF_PEOPLE, COUNTS, GLOSSARY } from './remediation-words.ts'

const HEAD = `# Repairs

What may be done about problems, and what holds it back. Made by \`make generate\`, of \`libs/remedies\`; edit that, not this page. Everything
is off until \`remediation.enabled\` is true and a check, or a plug-in, has a block \`remediation\`; every key stands in
[configuration.md](configuration.md).

\`\`\`yaml
monitors:
  - name: disk-space
    type: disk-health-check
    remediation:
      strategy: disk-cleanup
      for: [DiskFull]
      strategies: # where that did not help
        - strategy: node-reboot
          minSeverity: critical
          maxAttempts: 1
remediation:
  enabled: true
  dryRun: true # told and not done
  approval: [node-reboot]
  windows: [{ days: [Sat, Sun], from: "02:00", to: "05:00" }]
\`\`\`

The strategy of the block has its turn first, then its \`strategies\` by \`priority\`, the lowest first; what is nested in one comes before the
next. The next one has its turn when the attempts of the one before are used up. A nested strategy has from the one that encloses it
what it does not say of \`enabled\`, \`mode\`, \`for\`, \`minSeverity\`, \`cooldown\`, \`maxAttempts\`, \`verifyWithin\`, \`service\` and \`interface\`.

The cooldown is the first of these that is written: \`cooldown\` of \`remediation.overrides\` for the problem; \`cooldown\` of the strategy, or of the one that
encloses it; \`remediation.cooldownPeriod\`; the one in the table below. What disturbs workloads waits at least as long as the table says, unless \`overrides\` or its own \`cooldown\` say less.

Whether an action helped says the problem alone: it has to be resolved by its own rule within \`verifyWithin\`. Where nobody looks meanwhile
that is no failure, and the next attempt waits for a look.

Before a drain, and again before a reboot, the check is asked for a look. Where it finds the problem gone, or makes no look within two minutes, nothing is disturbed, or what was
done is put back. An earlier look does not do, however young it is.
`

const NEEDS: Readonly<Record<RemedyNeed, string>> = {
  'system-bus': "the host's system bus",
  cri: "the runtime's socket",
  roots: 'folders to clean up',
  token: 'rights at the API server',
  'plug-in': 'its own',
}

const TARGETS: Readonly<Record<TargetKind, string>> = {
  unit: 'unit:kubelet.service',
  runtime: 'runtime',
  disk: 'disk:/var',
  dns: 'dns',
  routing: 'routing',
  interface: 'interface:eth0',
  script: 'script:/opt/x.sh',
  pod: 'pod:namespace/name',
  node: 'node',
  external: 'external:NAME/ACTION',
}

const FULL = `A journal whose own disk is full (ENOSPC, EDQUOT) is no reason to leave it full: \`disk-cleanup\` of that disk, and nothing else, is then done without a
record, once per cooldown, by all the other gates. \`node-doctor plan\` says "would do now …, and write it down as soon as the journal has room". Restarts
make it no more often: what was done stands in the run folder until the journal has it, and after a reboot the cooldown counts from the boot on.
`

const CLUSTER = `## In a cluster

- **A drain that waits holds up all other repairs of its node.** One act is done at a time. Where a PodDisruptionBudget lets no pod go, a drain waits
  for it until its deadline (10 min at most), then has failed and takes its cordon off; until then a stopped kubelet of that node is not started either.
  The budget is named in the attempt's steps. \`kubectl uncordon NODE\` ends the drain; a shorter \`timeout\` of the strategy makes it give up sooner.
- **A condition that comes and goes keeps its node cordoned.** Three openings within minutes count as flapping: the condition stays a problem
  ("it comes and goes") for up to 20 min after the last of them. A node that was drained for it stays cordoned, and keeps the lease of the fleet, until that has
  passed. \`kubectl uncordon NODE\` takes it off sooner; a condition that does so again and again wants a longer \`failureThreshold\` of its check.
- **A person's word ends what no look would.** \`node-doctor clear TYPE --why TEXT\` of what an event told, or of a condition that no check looks
  at (a line of a log), counts as proof: the node is uncordoned, taints come off and the lease is given back, while the monitor that told it is there to
  tell it again. Of what a check looks at the next looks have to find it well. It makes no attempt a success.
- **A fresh installation acts on what stands in the logs from before.** A line of the kernel's log that is minutes old is a problem when it is
  read first, and its repair is due at once: a node was rebooted 5 s after the remediator began, for a line of 3 minutes before. Install with
  \`remediation.dryRun: true\`, or the annotation \`node-doctor.io/remediation=observe\` on the node, see with \`node-doctor plan\` what would be done, and only then let it act.
`

const SCRIPTS = `## What a script is told

\`custom-script\` is run as root in \`/\`, with umask 0077, nothing on its standard input, and in a unit of its own with the \`PATH\` of systemd's services (on a machine
without a system bus: \`/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\`). Of host-actions' own environment it has nothing. Its exit code says whether it
succeeded, and 64 KiB of its output are kept. Beside what systemd tells every unit (\`INVOCATION_ID\` and others) it has these, of 8 KiB at most, without control
characters; scripts of Go Node Doctor find theirs as they were.

`

const CHILDREN = `On a machine itself (\`settings.hostRoot\` is \`/\`) that has no system bus, \`custom-script\`, \`flush-dns\`, \`reset-routing\` and \`flush-ipv6-route\` are done all the same:
their programs are children of host-actions, and end with it. In a container they are refused (\`NoSystemBus\`).
`

const DOERS = { host: 'host-actions', remediator: 'remediator', external: 'a plug-in' } as const

/** What each gate refuses. */
const REFUSES: Readonly<Record<GateName, string>> = {
  enabled:
    'unless `settings.enableRemediation`, `remediation.enabled` and `enabled` of the check all hold; while repairs are paused; while the journal cannot be trusted, or has no room (but `disk-cleanup` of its own disk, below)',
  truth:
    'while the detector was not heard for 10 s, or has a change that waits for the bus for 2 s; a problem that is over, another opening, not proven since a reboot, held back or flapping; whose check has not looked for two intervals, or cannot see it now (it fails); a node that came up within 2 min, or goes down',
  mute: 'while the node is annotated `node-doctor.io/remediation=off`; in `quietHours`; while others maintain the node. Of what disturbs workloads also outside of `windows`, on a node that others cordoned, on a control plane, and without the API server',
  severity: 'what is below `minSeverity`',
  fit: 'another type than those of `for`; what the table below says; what whoever would do it cannot do now; everything that is ours while the machine is going down, as host-actions hears of systemd and logind',
  cooldown: 'what was done to this problem, or to this target, less than a cooldown ago, or is not settled',
  attempts:
    'a strategy whose attempts are used up: the next one has its turn. They are there again after `healthyReset` of proven health, or by a person’s word',
  breaker:
    'a strategy that failed `circuitBreakerThreshold` times in a row for this problem, for `circuitBreakerTimeout`; then one attempt shows whether it works again',
  'node-breaker': 'everything, after as many failures in a row of all repairs of the node',
  budget:
    'more than `maxRetriesPerMinute`, `maxRetriesPerHour`, `rebootsPerDay`; a second act at a time; beside an act that was called off, and of which nobody says that it ended: whatever else is done to its target or by whoever runs it, and all that disturbs workloads',
  approval:
    'a strategy of `approval`, until a person approves this act, by `node-doctor approve` or the annotation `node-doctor.io/approve` ([below](#a-persons-word)): used once, for an hour, void with another opening',
  lease:
    'of what disturbs workloads, while other nodes have every slot of `lease`, or more than `lease.maxUnavailablePercent` of the nodes are not Ready or cordoned',
}

function rowOf(name: RemedyName): readonly string[] {
  const { does, target, by, needs, keys, verifiedBy, refuses, neverFor, cooldownMs, timeoutMs, isDisruptive } =
    REMEDIES[name]
  const read = keys.map(({ key, isNeeded }) => (isNeeded ? `${code(key)} (needed)` : code(key))).join(', ')
  const never = neverFor.length === 0 ? '' : `; never for ${neverFor.map(code).join(', ')}`
  return [
    code(name),
    does + (isDisruptive ? '. **Disturbs workloads**' : ''),
    code(TARGETS[target]),
    read,
    DOERS[by],
    needs.map((need) => NEEDS[need]).join(', '),
    verifiedBy,
    refuses + never,
    code(renderDuration(cooldownMs)),
    code(renderDuration(timeoutMs)),
  ]
}

const COLUMNS = [
  'Strategy',
  'What it does',
  'Target',
  'Keys',
  'Done by',
  'Needs',
  'Has succeeded by',
  'Refuses',
  'Cooldown',
  'Takes at most',
] as const

/** What a configuration may name and this version does not carry out. */
function unbuilt(): string {
  const names = REMEDY_NAMES.filter((name) => !REMEDIES[name].built)
  if (names.length === 0) return ''
  const which = names.length === REMEDY_NAMES.length ? 'None of them is' : `${names.map(code).join(', ')}: not`
  return ` ${which} carried out by this version; a configuration that asks for one is told so (\`MonitorMissing\`).`
}

/** The whole page. */
export function remediationPage(): string {
  const gates = GATES.map((gate, index) => [String(index + 1), code(gate), REFUSES[gate]])
  return [
    HEAD,
    GLOSSARY,
    `## Gates\n\nIn this order; nothing is consumed until all allow, and a refusal is no failure. A repair that all allow is still only told while\n\`settings.dryRunMode\`, \`remediation.dryRun\`, \`mode: observe\` or the annotation \`node-doctor.io/remediation=observe\` says so.\n\n${table(['#', 'Gate', 'Refuses'], gates)}

${FULL}`,
    COUNTS,
    COMMANDS_OF_PEOPLE,
    CLUSTER,
    `## Strategies\n\nTwo problems with one target are one act.${unbuilt()}\n\n${CHILDREN}\n${table(COLUMNS, REMEDY_NAMES.map(rowOf))}\n`,
    `${SCRIPTS}${table(
      ['Variable', 'What'],
      SCRIPT_VARIABLES.map(({ name, what }) => [code(name), what]),
    )}\n`,
  ].join('\n')
}
