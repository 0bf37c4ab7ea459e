import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type NodeDoctorConfig, parseConfig } from '#config'
import { BreakerState, type RemediatorServer } from '#proto/nodedoctor/v1/remediation.ts'
import type { RpcServer } from '#rpc'
import { type NodeView, renderNodeView, renderPlainText } from '#view'
import { toProtoToldRemediation } from '#wire/remediation'
import { NOW, someFacts, someProblem } from '../../../libs/view/testing.ts'
import { createStory, refused, sightOf, started } from '../../../libs/view/testing-repairs.ts'
import { type HeardRepairs, hearRepairs } from './heard.ts'
import { NOTHING_HELD, serveRemediator } from './testing-remediator.ts'

let dir = ''
let server: RpcServer | undefined
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nd-heard-'))
})
afterEach(async () => {
  await server?.close(0)
  server = undefined
  await rm(dir, { recursive: true, force: true })
})

function config(enabled = true): NodeDoctorConfig {
  return parseConfig(
    `apiVersion: node-doctor.io/v1alpha1\nkind: NodeDoctorConfig\nmetadata: { name: t }\nsettings: { runDir: ${dir} }\nremediation: { enabled: ${enabled} }\n`,
    'node-doctor.yaml',
    {
      env: {},
      flags: [],
    },
  )
}

async function heard(answers: Partial<RemediatorServer>): Promise<HeardRepairs> {
  server = await serveRemediator(dir, answers)
  return hearRepairs(config(), NOW)
}

function viewWith(repairs: HeardRepairs): NodeView {
  return renderNodeView(someFacts({ problems: [someProblem()], ...repairs }), NOW)
}

/** The line of repairs. */
function lineOf(repairs: HeardRepairs): string | undefined {
  return renderPlainText(viewWith(repairs), NOW)
    .split('\n')
    .find((line) => line.startsWith('Repairs: '))
}

describe('how the node is', () => {
  it('has no line of repairs where nothing holds them up', async () => {
    const repairs = await heard({})
    expect(lineOf(repairs)).toBeUndefined()
    expect(repairs.remediation).toMatchObject({ running: true })
  })

  it('says that the journal cannot be used, and who carries out and does not answer', async () => {
    const unusable = 'record 17 is damaged'
    const silent = ['host-actions']
    const repairs = await heard({
      breakers: (_call, callback) => callback(null, { ...NOTHING_HELD, unusable, silent }),
    })
    expect(lineOf(repairs)).toBe(
      'Repairs: The journal of repairs cannot be used: nothing is repaired by itself. "node-doctor history" says why, and what ends it. No answer from host-actions: nothing that it would do is done.',
    )
    expect(viewWith(repairs).remediation.attention).toHaveLength(2)
  })

  it('says who paused until when, and which breakers are open', async () => {
    const open = { state: BreakerState.OPEN, failures: 5, forMs: 60_000 }
    const breakers = [
      { fingerprint: '', strategy: '', ...open },
      { fingerprint: 'f', strategy: 'drain', ...open },
    ]
    const paused = { by: 'ada@w1', why: 'new firmware', forMs: 7_200_000 }
    const repairs = await heard({
      breakers: (_call, callback) => callback(null, { ...NOTHING_HELD, breakers, paused }),
    })
    expect(lineOf(repairs)).toBe(
      'Repairs: Paused by ada@w1 until 05:14:20 UTC: new firmware. Too many repairs of this node failed in a row: none is begun for now (node-doctor breakers). The breaker of drain is open (node-doctor breakers).',
    )
  })

  it('names what waits for approval, and what was tried in vain', async () => {
    const history = (all: Parameters<ReturnType<typeof createStory>>[0][]): Partial<RemediatorServer> => {
      const tell = createStory()
      const records = all.map((what) => toProtoToldRemediation(tell(what))).toReversed()
      return { history: (_call, callback) => callback(null, { records, unusable: '', names: {} }) }
    }
    const waits = await heard(history([refused({ gate: 'approval', reason: 'it waits for a person' })]))
    expect(lineOf(waits)).toBe('Repairs: A repair waits for approval, of DiskFull/disk:/var (node-doctor plan).')
    await server?.close(0)
    const used = await heard(history([started(), { kind: 'exhausted', problem: sightOf(), mode: 'act' }]))
    // What runs is told before what was used up.
    expect(lineOf(used)).toBeUndefined()
    await server?.close(0)
    const left = await heard(history([{ kind: 'exhausted', problem: sightOf(), mode: 'act' }]))
    expect(lineOf(left)).toBe('Repairs: Every repair was tried, and it is left to people: DiskFull/disk:/var.')
  })

  it('says that nobody answers where repairs are configured, and nothing where they are not', async () => {
    expect(lineOf(await hearRepairs(config(), NOW))).toBe(
      `Repairs: The remediator does not answer on ${dir}/remediator/remediator.sock: whether anything is repaired is not known here.`,
    )
    expect(lineOf(await hearRepairs(config(false), NOW))).toBeUndefined()
    vi.stubEnv('KUBERNETES_SERVICE_HOST', '10.96.0.1')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(lineOf(await hearRepairs(config(), NOW))).toBeUndefined()
  })
})
