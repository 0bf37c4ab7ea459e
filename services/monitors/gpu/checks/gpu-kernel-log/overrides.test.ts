import { describe, expect, test } from 'vitest'
import { ACTIONS, compareSeverity, type Severity } from '#model'
import type { Finding } from '#monitor-kit'
import { takeFact } from '../../kernel/judge.ts'
import { parseLine } from '../../kernel/parse-line.ts'
import type { Rulings } from '../../kernel/rulings.ts'
import { emptyState } from '../../kernel/state.ts'
import { PLACE, recovery, xid } from '../../kernel/testing-lines.ts'
import { SXIDS, sxidRow, XIDS, xidRow } from '../../xid/catalogue.ts'
import { EVENTS_ALONE, IDLE_SXIDS, IDLE_XIDS, type Idle } from '../../xid/overrides.ts'
import type { Override, SxidWord, Verdict } from '../../xid/types.ts'
import { findingsOf } from './findings.ts'

const CARD = { place: PLACE, uuid: undefined, index: 0, name: 'H200' }
const MODES = [undefined, 'off', 'observe', 'act'] as const
/** Every override that there is. */
const OVERRIDES: readonly Override[] = [undefined, 'none' as const, ...ACTIONS].flatMap((action) =>
  MODES.map((mode) => ({ ...(action !== undefined && { action }), ...(mode !== undefined && { mode }) })),
)

type Line = readonly [atS: number, text: string, pod?: string]

/** What a site is told of lines. */
function told(site: Partial<Rulings>, lines: readonly Line[]) {
  const rulings: Rulings = { xid: {}, sxid: {}, modes: {}, ...site }
  const state = emptyState('boot-1')
  const events = lines.flatMap(([atS, text, pod]) => {
    const fact = parseLine(text)
    if (fact === undefined) throw new Error(`nothing is read in ${text}`)
    const now = { ms: atS * 1000, bootMs: atS * 1000, us: atS * 1_000_000 }
    return takeFact(state, { ...fact, pod } as typeof fact, now, { rulings, isGpu: () => true }).told
  })
  const cards = { at: () => CARD, all: () => [CARD] }
  const view = { cards, rulings, settled: new Map(), isSettled: true, others: [] }
  const problems = findingsOf(state, view).filter(({ type, health }) => health === 'problem' && type !== 'GPUHealthy')
  return { events: events.map(({ reason, severity }) => ({ reason, severity })), problems: problems.map(wordOf) }
}

function wordOf({ type, severity, action, observeOnly }: Finding) {
  return { type, severity, action: action ?? 'none', isObserved: observeOnly === true }
}

/** As docs/gpu-xids.md says it: what a row becomes by an override, told once of a site that says nothing else. */
function expected(row: Verdict, { action, mode }: Override, types: (severity: Severity) => readonly string[]) {
  const stands = row.proof !== 'none' || mode === 'act' || (action ?? 'none') !== 'none'
  if (mode === 'off' || !stands) return []
  const severity = compareSeverity(row.severity, 'warning') < 0 ? 'warning' : row.severity
  const word = { severity, action: action ?? row.action, isObserved: mode === 'observe' }
  return types(severity).map((type) => ({ type, ...word }))
}

function isIdle(code: number, override: Override, rules: readonly Idle[]): boolean {
  return rules.some(
    ({ keys, only }) =>
      (keys === undefined || keys.includes(String(code))) &&
      Object.entries(override).every(([name, value]) => only[name]?.includes(value)),
  )
}

const sorted = (words: readonly { readonly type: string }[]) => words.toSorted((a, b) => a.type.localeCompare(b.type))
const NODE_REBOOT = { severity: 'critical', action: 'reboot-node', proof: 'reset' } as const

describe.each([...XIDS.keys()].map((code) => ({ code })))('XID $code', ({ code }) => {
  const line = code === 154 ? recovery(2) : xid(code, { text: '(GPC 0, TPC 1, SM 0)' })
  const row = code === 154 ? NODE_REBOOT : xidRow(code)
  const types = code === 154 ? ['GPUResetRequired'] : code === 79 ? ['GPUMissing', 'GPUXidError'] : ['GPUXidError']

  test('is told by any action and any mode as it is documented', () => {
    for (const override of OVERRIDES) {
      const { problems, events } = told({ xid: { [code]: override } }, [[0, line]])
      expect({ override, told: sorted(problems) }).toEqual({ override, told: expected(row, override, () => types) })
      expect({ override, events: events.length }).toEqual({ override, events: override.mode === 'off' ? 0 : 1 })
    }
  })

  test('is changed by an override, or it is refused', () => {
    const often = [0, 400, 800].map(
      (atS, index): Line => [
        atS,
        code === 154 ? line : xid(code, { pid: index, name: `p${index}`, text: '(GPC 0, TPC 1, SM 0)' }),
        `pod-${index}`,
      ],
    )
    const stories: readonly (readonly Line[])[] = [
      [[0, line]],
      often,
      [
        [0, line],
        [1, recovery(3)],
      ],
    ]
    const sites = [{}, { xid: 'observe', lost: 'observe', 'reset-required': 'observe' }] as const
    const cases = sites.flatMap((modes) =>
      stories.map((lines) => ({ modes, lines, usual: JSON.stringify(told({ modes }, lines)) })),
    )
    for (const override of OVERRIDES) {
      const isChanged = cases.some(
        ({ modes, lines, usual }) => JSON.stringify(told({ modes, xid: { [code]: override } }, lines)) !== usual,
      )
      expect({ override, isChanged }).toEqual({ override, isChanged: !isIdle(code, override, IDLE_XIDS) })
    }
  })
})

test.each([...SXIDS.keys()])('SXid %i is told by any action and any mode as it is documented', (code) => {
  for (const word of ['Fatal', 'Non-fatal', 'Correctable'] satisfies readonly SxidWord[])
    for (const override of OVERRIDES) {
      const line = `nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): ${code}, ${word}, Link 32 x`
      const { problems } = told({ sxid: { [code]: override } }, [[0, line]])
      const types = (severity: Severity) => [...(severity === 'critical' ? ['GPUFabricFailed'] : []), 'GPUXidError']
      expect(sorted(problems), `${word} ${JSON.stringify(override)}`).toEqual(
        expected(sxidRow(code, word), override, types),
      )
      if (isIdle(code, override, IDLE_SXIDS)) expect(override).toEqual({})
    }
})

test('those that are an event however often they are told are said to be so', () => {
  expect(EVENTS_ALONE).toContain(43)
  for (const code of [13, 31, 79, 94, 95, 154]) expect(EVENTS_ALONE).not.toContain(code)
})

test('94 is reset at once where a site wants that', () => {
  const { problems } = told({ xid: { '94': { action: 'reset-device' } } }, [[0, xid(94)]])
  expect(problems).toEqual([{ type: 'GPUXidError', severity: 'warning', action: 'reset-device', isObserved: false }])
})

const FALLEN_LINE = `NVRM: GPU ${PLACE}.0: GPU has fallen off the bus.`
test.each([
  ['both', [FALLEN_LINE, xid(79)]],
  ['the line without a number alone', [FALLEN_LINE]],
])('what falls off the bus is ruled by 79, whichever line says so: %s', (_, lines) => {
  const site = { xid: { '79': { action: 'none', mode: 'observe' } } } as const
  const { problems } = told(
    site,
    lines.map((line): Line => [0, line]),
  )
  for (const one of problems) expect(one).toMatchObject({ action: 'none', isObserved: true })
  expect(
    told(
      { xid: { '79': { mode: 'off' } } },
      lines.map((line): Line => [0, line]),
    ).problems,
  ).toEqual([])
})

test('a code goes before its check', () => {
  const acts = told({ modes: { xid: 'off' }, xid: { '95': { mode: 'act' } } }, [[0, xid(95)]])
  expect(acts.problems).toMatchObject([{ type: 'GPUXidError', isObserved: false }])
})

test.each<Override>([{ mode: 'observe' }, { mode: 'off' }, { action: 'none' }])(
  'what the driver asks for outweighs the catalogue only where it is acted on as it says: %j',
  (override) => {
    const lines: readonly Line[] = [
      [0, xid(95)],
      [1, recovery(2)],
    ]
    const { problems } = told({ xid: { '154': override } }, lines)
    expect(problems.find(({ type }) => type === 'GPUXidError')).toMatchObject({ action: 'reset-device' })
    expect(told({}, lines).problems.find(({ type }) => type === 'GPUXidError')).toMatchObject({ action: 'reboot-node' })
  },
)

test('an action of the site holds whatever else says what is to be done', () => {
  const site = { xid: { '95': { action: 'none' } } } as const
  const { problems } = told(site, [
    [0, xid(95)],
    [1, recovery(2)],
    [2, xid(95)],
  ])
  expect(problems.find(({ type }) => type === 'GPUXidError')).toMatchObject({ action: 'none' })
})

test('what the kernel itself calls not fatal of NVLink 5 is an event on each site', () => {
  const text = 'NETIR_LINK_EVT  Nonfatal XC1 i0 Link 02 (0x004505c6 0x00000001 0x0)'
  const { events, problems } = told({ xid: { '149': { action: 'reboot-node', mode: 'act' } } }, [
    [0, xid(149, { text })],
  ])
  expect([events.length, problems]).toEqual([1, []])
})
