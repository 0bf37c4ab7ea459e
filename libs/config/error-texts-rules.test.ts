import { describe, expect, it } from 'vitest'
import { tempFolder, writeTree } from '../host/testing.ts'
import { loadConfig } from './load.ts'
import { parse, ROOT_SERVER } from './testing.ts'
import { type Case, eachSays, monitors } from './testing-texts.ts'

const rule = (keys: string) =>
  monitors(
    `  - name: app\n    type: log-file\n    config:\n      path: /var/log/app.log\n      rules:\n        - ${keys.replace(/\n/g, '\n          ')}\n`,
  )
const AT = (line: number, key: string) => `config.yaml:${line}:11: monitors[0].config.rules[0].${key}:`

const CASES: readonly Case[] = [
  {
    says: "a regular expression that is none, in Go's words",
    text: rule('match: "foo("\nreason: Foo'),
    faults: [
      `${AT(11, 'match')} "foo(" is no regular expression: missing closing ): \`foo(\`; expected one of Go's (RE2)`,
    ],
  },
  {
    says: 'one that Go does not have',
    text: rule('match: "foo(?=bar)"\nreason: Foo'),
    faults: [
      `${AT(11, 'match')} "foo(?=bar)" is no regular expression: invalid or unsupported Perl syntax: \`(?=\`; expected one of Go's (RE2)`,
    ],
  },
  {
    says: 'a group that the expression does not have',
    text: rule('match: "dev (?P<dev>\\\\w+) (\\\\d+)"\nreason: Foo\nentity: "disk:${device}"\nmessage: "$3"'),
    faults: [
      `${AT(13, 'entity')} "disk:\${device}" names group "device"; expected groups of "match": \${dev}, $1 to $2`,
      `${AT(14, 'message')} "$3" names group "3"; expected groups of "match": \${dev}, $1 to $2`,
    ],
  },
  {
    says: 'what ends a condition, of a rule that has none',
    text: rule('match: foo\nreason: Foo\nrecover: { reboot: true }'),
    faults: [`${AT(13, 'recover')} has no meaning without "condition"; expected that beside it`],
  },
  {
    says: 'a cooldown of a condition',
    text: rule('match: foo\nreason: Foo\ncondition: Foo\ncooldown: 5m'),
    faults: [`${AT(14, 'cooldown')} has no meaning beside "condition"; expected one of them`],
  },
  {
    says: 'a pack that there is not, with the nearest one',
    text: monitors('  - name: kernel\n    type: log-kernel\n    config: { packs: [kernal] }\n'),
    faults: [
      'config.yaml:8:23: monitors[0].config.packs[0]: "kernal" is not valid; expected one of "cni", "hardware", "kernel", "kube-proxy", "kubelet", "network", "runtime", "storage"; did you mean "kernel"?',
    ],
  },
  {
    says: "a condition that is another check's",
    text: `${rule('match: foo\nreason: Foo\ncondition: CPUPressure')}  - { name: cpu, type: system-cpu }\n`,
    faults: [
      'config.yaml:10:7: monitors[0].config.rules: condition type "CPUPressure" belongs to check type "system-cpu"; expected another name',
    ],
  },
]

describe('rules for logs', () => {
  eachSays(CASES)

  it('are read, with durations in milliseconds', () => {
    const { monitors: entries } = parse(rule('match: foo\nreason: Foo\nthreshold: { count: 3, within: 10m }'))
    expect(entries[0]?.config).toMatchObject({ rules: [{ threshold: { count: 3, within: 600_000 }, lines: 1 }] })
  })

  it('are held to it also where the configuration is loaded from its file, and make the condition types of their packs owned', async () => {
    await using folder = await tempFolder()
    await writeTree(folder.path, {
      'bad.yaml': rule('match: "foo("\nreason: Foo'),
      'good.yaml': monitors('  - { name: k, type: log-kernel, config: { packs: [storage] } }\n'),
    })
    const options = { flags: [], env: {}, surroundings: ROOT_SERVER }
    await expect(loadConfig({ ...options, file: `${folder.path}/bad.yaml` })).rejects.toThrow('missing closing )')
    const { catalog } = await loadConfig({ ...options, file: `${folder.path}/good.yaml` })
    const log = catalog.find(({ monitor }) => monitor === 'log')
    expect(log?.conditionTypes).toContain('DiskIOErrors')
    expect(log?.conditionTypes).not.toContain('KernelFault')
  })
})
