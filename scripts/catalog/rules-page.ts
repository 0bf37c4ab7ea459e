/** docs/rules.md: every rule for logs that comes with Node Doctor. */
import type { DocumentedRule, PackRecovery } from '../../libs/log-rules/index.ts'
import { code, table } from './markdown.ts'

/** A pack as its file has it. */
export interface DocumentedPack {
  readonly name: string
  readonly rules: readonly DocumentedRule[]
}

const ABOUT: Readonly<Record<string, string>> = {
  cni: 'The network of pods: what the container runtime, the kubelet and the plug-ins themselves say of it.',
  hardware: 'What the kernel says of processors, memory modules, the PCIe bus, heat and GPUs.',
  kernel: 'The kernel itself: memory that is used up, what hangs, and faults of its own.',
  'kube-proxy': 'What kube-proxy says of the rules by which services are reached.',
  kubelet: 'What the kubelet says, and systemd of the services without which a node is none.',
  network: 'Network cards, links, and the tables of the kernel that fill up.',
  runtime: 'containerd and Docker.',
  storage: 'Disks, arrays, file systems, and file servers.',
}

const INTRODUCTION = `# Rules for logs

The rules that come with Node Doctor, in packs. Made by \`make generate\` from \`services/monitors/log/packs/*.json\`; edit those,
not this page. \`node-doctor rules list\` prints them, with \`-o json\` also their patterns;
\`node-doctor rules test kernel LOG\` says what those of pack \`kernel\` make of a saved log.

- A line that matches a rule is an **event** with its reason. Where the rule has a **condition**, the line raises that, and it
  stands until one of the proofs in its last column: a line that says so, no such line for that long, a reboot. A person may
  always say that it is over (\`node-doctor clear\`).
- **\`info\`** is told and opens no problem: a container that reaches its own memory limit is no fault of the node.
- A file system **is unmounted** when the kernel says so, or that another is mounted from the same device, and when
  \`/sys/fs\` (\`ext4\`, \`xfs\`, \`btrfs\`, \`f2fs\`) has it no more at two looks; what cannot be read there proves nothing. What the
  kernel says within a minute behind an unmount comes of that, and raises such a condition only where the file system is mounted
  again by then, or where that cannot be known for some minutes. That one is damaged ends by no unmount; of what comes of
  unmounting alone it is not raised. ext4 and f2fs say that one is mounted as the last of its mount: what was said within 30 s
  before that may be of the mount, and stands.
- What is told only **after several lines** says so under its severity: one of them is ordinary.
- What it is **about** has the words in \`\${}\` from the line: \`disk:sda1\`, \`nic:eth0\`, \`cpu:3\`. Nothing there is the node itself.
- **Also called** are names that other programs have for it; where a rule is named, they count as well.
- Each rule stands on at least three lines, of several versions, with who wrote them so, and on lines that look alike and must
  not be told. A test holds every rule to its own, and to those of all others.`

function ends({ match, absentFor, reboot, unmounted }: PackRecovery): string {
  return [
    ...(match === undefined ? [] : [`a line: ${code(match)}`]),
    ...(unmounted === true ? ['the file system is unmounted'] : []),
    ...(absentFor === undefined ? [] : [`none for ${absentFor}`]),
    ...(reboot === true ? ['a reboot'] : []),
  ].join('; ')
}

function row(rule: DocumentedRule): string[] {
  const { name, aliases, reason, severity, condition, entity, message, threshold, recover } = rule
  return [
    code(name),
    `${code(reason)}: ${message}`,
    threshold === undefined ? severity : `${severity}, from ${threshold.count} lines within ${threshold.within} on`,
    entity === undefined ? '' : code(entity),
    condition === undefined ? '' : code(condition),
    recover === undefined ? '' : ends(recover),
    aliases.map(code).join(', '),
  ]
}

const HEAD = ['Rule', 'Reason, and what it says', 'Severity', 'About', 'Condition', 'Over by', 'Also called']

function section({ name, rules }: DocumentedPack): string {
  return `## Pack \`${name}\`\n\n${ABOUT[name] ?? ''}\n\n${table(HEAD, rules.map(row))}`
}

export function rulesPage(packs: readonly DocumentedPack[]): string {
  return `${[INTRODUCTION, ...packs.map(section)].join('\n\n')}\n`
}
