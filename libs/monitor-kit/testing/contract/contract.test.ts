import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import {
  extendStreak,
  judgedFinding,
  judgeStreak,
  lasting,
  levelOf,
  NO_STREAK,
  namedLimit,
  type Streak,
  unknownFinding,
} from '#monitor-kit/evaluate'
import { count, observe, understood } from '#monitor-kit/source'
import { tempFolder, writeTree } from '../../../host/testing.ts'
import { defineCheck } from '../../define.ts'
import type { CheckContext, CheckDefinition, CheckResult, RunCheck } from '../../types.ts'
import { contractOf } from './contract.ts'
import { openCheckRoom, readMonitorRoom } from './rooms.ts'

const SCHEMA = z.strictObject({
  warningHeat: z.number().default(80).describe('Heat of the lamp from which on that is a warning'),
  criticalHeat: z.number().default(90).describe('Heat of the lamp from which on that is critical'),
})
type Config = z.infer<typeof SCHEMA>

const LAMP: CheckDefinition<Config> = {
  type: 'lamp-check',
  description: 'Whether the lamp is hot',
  intervalMs: 30_000,
  timeoutMs: 10_000,
  conditions: [
    {
      type: 'LampHot',
      description: 'The lamp is hot',
      label: 'lamp hot',
      healthyReason: 'LampCool',
      healthyMessage: 'the lamp is cool',
      recoveryText: '2 checks in a row find it cool',
      source: '/proc/lamp',
      warning: '80 degrees',
      critical: '90 degrees',
      sustained: '2 checks in a row',
    },
  ],
  metrics: [{ name: 'lamp_heat', help: 'Heat of the lamp', kind: 'gauge', unit: '' }],
  create: () => lamp(),
}

/** A check that keeps the contract. */
function lamp(): RunCheck<Config> {
  let streak: Streak = NO_STREAK
  async function look({ host, config }: CheckContext<Config>): Promise<CheckResult> {
    const path = '/proc/lamp'
    const heat = await observe(async () => {
      const text = await host.files.readText(path)
      return understood(path, text, count(text.trim()), '20')
    })
    if (!heat.ok) return { findings: [unknownFinding('LampHot', heat)] }
    const limits = { warning: config.warningHeat, critical: config.criticalHeat }
    const level = levelOf(heat.value, limits)
    streak = extendStreak(streak, level)
    const verdict = judgeStreak(streak, 2)
    const finding = judgedFinding({
      type: 'LampHot',
      verdict,
      healthyReason: 'LampCool',
      message: `${heat.value} degrees, limit ${namedLimit(verdict, limits, level)}${lasting(verdict, streak, 2)}`,
      summary: 'the lamp is hot',
      evidence: { value: heat.value, unit: '', ...limits, lowIsBad: false, label: 'degrees', detail: '', metric: '' },
    })
    return { findings: [finding], metrics: [{ name: 'lamp_heat', labels: {}, value: heat.value }] }
  }
  return Object.assign(look, {
    cleared() {
      streak = NO_STREAK
    },
  })
}

/** The lamp with every result changed. */
function saying(change: (result: CheckResult, run: number) => CheckResult): CheckDefinition<Config> {
  return {
    ...LAMP,
    create() {
      const look = lamp()
      let runs = 0
      async function changed(context: CheckContext<Config>) {
        return change(await look(context), runs++)
      }
      return Object.assign(changed, { cleared: look.cleared! })
    },
  }
}

/** The lamp with every finding changed. */
function finding(change: (found: CheckResult['findings'][number]) => Partial<CheckResult['findings'][number]>) {
  return saying((result) => ({ ...result, findings: result.findings.map((one) => ({ ...one, ...change(one) })) }))
}

const folder = await tempFolder()
afterAll(() => folder[Symbol.asyncDispose]())
const FIXTURES = { 'well-cool': '20', 'sick-hot': '85', 'hostile-text': 'warm' }
for (const [name, text] of Object.entries(FIXTURES)) {
  await writeTree(join(folder.path, name), { 'proc/lamp': `${text}\n` })
}

interface Shop {
  readonly definition?: CheckDefinition<Config>
  readonly schema?: z.ZodObject
  readonly fixtures?: readonly string[]
  readonly readme?: string
}

const README = '`lamp-check` `LampHot` `lamp_heat` `warningHeat` `criticalHeat`'

/** What the contract says of a monitor whose one check is the lamp, with something else about it. */
async function faults({ definition = LAMP, schema = SCHEMA, fixtures = Object.keys(FIXTURES), readme = README }: Shop) {
  const paths = fixtures.map((name) => join(folder.path, name))
  const check = openCheckRoom({ folder: '/monitors/shop/checks/lamp', definition, schema }, paths)
  const monitor = { name: 'shop', description: 'a shop', checks: [definition] }
  const found: string[] = []
  for (const { name, faults: faultsOf } of contractOf({ definition: monitor, readme, checks: [check] })) {
    found.push(...(await faultsOf()).map((fault) => `${name}: ${fault}`))
  }
  return found.join('\n')
}

const [lampHot] = LAMP.conditions

test('a check that keeps every sentence has no faults', async () => {
  expect(await faults({})).toBe('')
})

test('a key may be required: then each fixture has it in its config.json', async () => {
  const schema = SCHEMA.safeExtend({ room: z.string().describe('The room where the lamp hangs') })
  const fixtures = Object.keys(FIXTURES).map((name) => `${name}-in-a-room`)
  for (const [index, text] of Object.values(FIXTURES).entries()) {
    const tree = { 'proc/lamp': `${text}\n`, 'config.json': '{"room": "attic"}' }
    await writeTree(join(folder.path, fixtures[index]!), tree)
  }
  expect(await faults({ schema, fixtures, readme: `${README} \`room\`` })).toBe('')
})

/** The lamp beside others whose conditions a key names, and who is never raised. */
const ROOMS: Shop = {
  schema: SCHEMA.extend({
    rooms: z.array(z.string()).default(['AtticHot']).describe('Conditions of rooms in the house'),
  }),
  readme: `${README} \`rooms\``,
  definition: {
    ...LAMP,
    typesFrom: ['rooms[]'],
    declare: (config) => ({
      conditions: (config as Config & { rooms: readonly string[] }).rooms.map((type) => ({
        ...lampHot!,
        type,
        label: '',
      })),
    }),
  },
}

test('what an instance declares is held to what is asked of every condition', async () => {
  const found = await faults(ROOMS)
  expect(found.split('\n').map((line) => line.split(': ').at(-1))).toEqual([
    'AtticHot has no label',
    'no sick fixture raises AtticHot',
  ])
})

test('a condition that no key names may not be declared', async () => {
  const stolen = { ...LAMP, declare: () => ({ conditions: [{ ...lampHot!, type: 'LampStolen' }] }) }
  const paths = Object.keys(FIXTURES).map((name) => join(folder.path, name))
  const check = openCheckRoom({ folder: '/monitors/shop/checks/lamp', definition: stolen, schema: SCHEMA }, paths)
  const monitor = { name: 'shop', description: 'a shop', checks: [stolen] }
  const clauses = contractOf({ definition: monitor, readme: README, checks: [check] })
  const clause = clauses.find(({ name }) => name.includes('only condition types that its keys name'))
  expect(await clause?.faults()).toEqual(
    Object.keys(FIXTURES).map(
      (name) =>
        `${name}: check lamp-check cannot look: it declares condition type "LampStolen", and its definition has no typesFrom`,
    ),
  )
})

/** The lamp by what it tells at once: its turns say that it follows, and nothing of the lamp. */
function listening(deaf = false): CheckDefinition<Config> {
  const { create: _, ...common } = LAMP
  return defineCheck<Config>({
    ...common,
    async follow(context, tell, signal) {
      const look = lamp()
      for (let i = 0; i < 3 && !deaf; i++) await tell(await look({ ...context, signal }))
      await new Promise<void>((resolve) => {
        if (!deaf) signal.addEventListener('abort', () => resolve())
      })
    },
  })
}

test('a check that follows is held to what it tells at once', async () => {
  const found = await faults({ definition: listening() })
  expect(found).toBe('')
})

const BROKEN: readonly (readonly [string, Shop])[] = [
  [
    "and none is a condition of the kubelet: Ready is the kubelet's",
    { definition: { ...LAMP, conditions: [lampHot!, { ...lampHot!, type: 'Ready' }] } },
  ],
  [
    'belong to one check each, and none is a condition of the kubelet: LampHot belongs to two checks',
    { definition: { ...LAMP, events: [{ reason: 'LampHot', severity: 'info', description: 'x' }] } },
  ],
  [
    'what proves it gone: LampHot has no recoveryText',
    { definition: { ...LAMP, conditions: [{ ...lampHot!, recoveryText: ' ' }] } },
  ],
  [
    'what proves it gone: "cool" is not CamelCase',
    { definition: { ...LAMP, conditions: [{ ...lampHot!, healthyReason: 'cool' }] } },
  ],
  [
    'key of the configuration: README.md says nothing of `lamp_heat` (lamp-check)',
    { readme: README.replace('`lamp_heat`', 'lamp_heat') },
  ],
  [
    'takes no unknown one: key heat has no default',
    { schema: SCHEMA.safeExtend({ heat: z.string().optional().describe('How hot the lamp is allowed to be') }) },
  ],
  ['takes no unknown one: takes unknown keys', { schema: SCHEMA.loose() }],
  ['takes no unknown one: key heat is not described', { schema: SCHEMA.safeExtend({ heat: z.string().default('') }) }],
  [
    "its critical one: the schema's order does not hold warningHeat against criticalHeat",
    { schema: SCHEMA.meta({ order: [] }) },
  ],
  ['where it has conditions: has no fixture hostile-…', { fixtures: ['well-cool', 'sick-hot'] }],
  [
    'also what is pending: well-cool: LampHot comes late',
    { definition: saying((result, run) => (run < 2 ? { ...result, findings: [] } : result)) },
  ],
  [
    'nor an alarm: well-cool: LampHot is unknown (LampCool: 20 degrees, limit 80)',
    { definition: finding(({ health }) => ({ health: health === 'healthy' ? 'unknown' : health })) },
  ],
  ['with a headline: sick-hot: LampHot has no headline', { definition: finding(() => ({ summary: '' })) }],
  ['with a headline: no sick fixture raises LampHot', { definition: finding(() => ({ health: 'healthy' })) }],
  [
    'never healthy: hostile-text: LampHot is healthy (SourceMalformed: ',
    { definition: finding(({ health }) => ({ health: health === 'unknown' ? 'healthy' : health })) },
  ],
  ['reports over fixtures: well-cool: lamp_heat is not declared', { definition: { ...LAMP, metrics: [] } }],
  [
    'reports over fixtures: well-cool: lamp_heat is NaN',
    {
      definition: saying((result) => ({ ...result, metrics: [{ name: 'lamp_heat', labels: {}, value: Number.NaN }] })),
    },
  ],
  [
    'how long it lasted: sick-hot: LampHot says AboveWarningLimit, whose limit is 80 by its evidence, and "85 degrees, limit 90"',
    { definition: finding(({ message }) => ({ message: message.replace('limit 80', 'limit 90') })) },
  ],
  [
    'how long it lasted: sick-hot: LampHot does not say how long it has lasted: "85 degrees"',
    { definition: finding(({ pending }) => (pending === true ? { message: '85 degrees' } : {})) },
  ],
  [
    'changes nothing: sick-hot: LampHot is not pending at the first check after it was cleared',
    { definition: { ...LAMP, create: () => Object.assign(lamp(), { cleared() {} }) } },
  ],
  [
    'by having forgotten: sick-hot: LampHot is a problem before, and healthy at the first look after it',
    {
      definition: saying((result, run) =>
        run > 0 ? result : { ...result, findings: result.findings.map(({ pending: _, ...found }) => found) },
      ),
    },
  ],
  [
    'reports on this machine: lamp_lit is not declared',
    { definition: saying((result) => ({ ...result, metrics: [{ name: 'lamp_lit', labels: {}, value: 1 }] })) },
  ],
  [
    'no problem by accident: LampHot is a problem: ',
    { definition: finding(({ health }) => ({ health: health === 'unknown' ? 'problem' : health })) },
  ],
  [
    'ends within a second when it is to end: has not ended after 1000 ms',
    { definition: listening(true), fixtures: [] },
  ],
  [
    'a run that is to end ends within a second: has not ended after 1000 ms',
    {
      definition: {
        ...LAMP,
        create() {
          const look = lamp()
          // Of its own: a run that is to end is the one that has a signal of the test.
          async function deaf(context: CheckContext<Config>): Promise<CheckResult> {
            const result = await look(context)
            return context.signal.aborted ? new Promise<CheckResult>(() => undefined) : result
          }
          return Object.assign(deaf, { cleared: look.cleared! })
        },
      },
    },
  ],
]

test.each(BROKEN)('finds %s', async (fault, shop) => {
  expect(await faults(shop)).toContain(fault)
})

test('a definition that breaks nothing by its names is one that the kit takes', () => {
  expect(defineCheck(LAMP)).toBe(LAMP)
})

test('a folder that is no monitor, or whose parts do not fit, is refused by name', async () => {
  const at = join(folder.path, 'shop')
  await mkdir(join(at, 'checks', 'lamp'), { recursive: true })
  await expect(readMonitorRoom(at)).rejects.toThrow(`${at} has no monitor.ts`)
  await writeFile(join(at, 'monitor.ts'), "export const shop = { name: 'shop', description: 'x', checks: [] }\n")
  await expect(readMonitorRoom(at)).rejects.toThrow(`${at}/checks/lamp has no check.ts`)
  await writeFile(join(at, 'checks', 'lamp', 'check.ts'), "export const lamp = { type: 'lamp-check', create() {} }\n")
  await expect(readMonitorRoom(at)).rejects.toThrow(`${at}/checks/lamp has no config.ts`)
  await writeFile(join(at, 'checks', 'lamp', 'config.ts'), 'export const schema = {}\n')
  await expect(readMonitorRoom(at)).rejects.toThrow(
    `check "lamp-check" stands on disk and not in ${at}/monitor.ts; register it there`,
  )
})
