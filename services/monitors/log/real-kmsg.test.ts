import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { defineMonitor } from '#monitor-kit'
import type { Report } from '#proto/nodedoctor/v1/types.ts'
import { closeStage, host, openStage, watchMonitor } from '../../../libs/monitor-kit/testing/stage.ts'
import { npdLog } from './checks/npd-log/check.ts'

function isWritable(): boolean {
  try {
    writeFileSync('/dev/kmsg', '<7>node-doctor: a test of the log monitor begins\n')
    return true
  } catch {
    return false
  }
}

const TYPE = 'ReadonlyFilesystem'
const stages: Awaited<ReturnType<typeof openStage>>[] = []
afterEach(async () => {
  for (const stage of stages.splice(0)) await closeStage(stage)
})

/** As the manifests of node-problem-detector have it: two files that name one condition. */
function filesOf(tag: string) {
  const config = (source: string, reason: string, pattern: string) => ({
    path: `/config/${source}.json`,
    plugin: 'kmsg',
    pluginConfig: {},
    logPath: '',
    lookback: '1m',
    delay: '',
    skipList: [],
    bufferSize: 10,
    source,
    metricsReporting: true,
    conditions: [{ type: TYPE, reason: 'FilesystemIsNotReadOnly', message: 'Filesystem is not read-only' }],
    rules: [{ type: 'permanent', condition: TYPE, reason, pattern, patternGeneratedMessageSuffix: '' }],
    recover: {},
    compat: [],
  })
  return [
    { name: 'kernel', type: 'npd-log', config: config('kernel-monitor', 'NeverSeen', `${tag} never`) },
    { name: 'readonly', type: 'npd-log', config: config('readonly-monitor', 'ReadOnly', `${tag} Remounting .*`) },
  ]
}

describe.runIf(isWritable())('on the kernel log of this machine', () => {
  it('two files that name one condition: the worse counts, whichever speaks last, as they are told word by word', async () => {
    const stage = await openStage()
    stages.push(stage)
    const tag = `nd-log-${process.pid}-${Date.now()}`
    const monitor = defineMonitor({ name: 'tiny', description: 'logs', checks: [npdLog] })
    const { client } = await host(stage, monitor, filesOf(tag))
    const watcher = watchMonitor(stage, client)
    const said: { health: number; reason: string; entity: string }[] = []

    async function until(is: (report: Report) => boolean): Promise<Report> {
      for (;;) {
        const report = await watcher.report()
        watcher.ack(report)
        said.push(...report.observations.filter(({ type }) => type === TYPE))
        if (is(report)) return report
      }
    }
    const hasType = ({ observations }: Report) => observations.some(({ type }) => type === TYPE)
    await until(hasType)
    expect(said.at(-1)).toMatchObject({ reason: 'FilesystemIsNotReadOnly', entity: '' })

    writeFileSync('/dev/kmsg', `<3>${tag} Remounting filesystem read-only\n`)
    const isRaised = ({ observations }: Report) => observations.some(({ reason }) => reason === 'ReadOnly')
    const raised = await until(isRaised)
    expect(raised.observations).toMatchObject([
      { reason: 'ReadOnly', message: `${tag} Remounting filesystem read-only` },
    ])
    const [event] = raised.events
    expect(event).toMatchObject({
      reason: 'ReadOnly',
      source: 'readonly-monitor',
      message: `Node condition ${TYPE} is now: True, reason: ReadOnly, message: "${tag} Remounting filesystem read-only"`,
    })

    // The other file finds it well, and one who knows nothing is told once, the worse.
    expect(await presentFor(stage, client)).toMatchObject([{ reason: 'ReadOnly', entity: '' }])
  }, 30_000)
})

/** What one who knows nothing is told of the condition. */
async function presentFor(stage: Awaited<ReturnType<typeof openStage>>, client: Parameters<typeof watchMonitor>[1]) {
  const watcher = watchMonitor(stage, client)
  for (;;) {
    const { observations } = await watcher.report()
    const present = observations.filter(({ type }) => type === TYPE)
    if (present.length > 0) return present
  }
}
