/** The way of a number from a check to the text: measured, admitted by the detector, over the bus, merged. */
import { expect, it, onTestFinished } from 'vitest'
import { admitReport, DEFAULT_LIMITS } from '#model'
import { freePort } from '../../../libs/bus/testing.ts'
import { NO_HOLDINGS } from '../../../libs/model/room.ts'
import { declaration, report } from '../../../libs/model/testing.ts'
import { samplesOf } from '../../../libs/monitor-kit/findings.ts'
import { startTestNode, until } from '../testing-exporter.ts'

const TOLD = {
  files: [],
  outside: [],
  types: [],
  monitors: ['log'],
  metrics: ['problem_counter', 'problem_gauge'],
}
const ADMISSION = {
  declaration: declaration('log', []),
  limits: DEFAULT_LIMITS,
  owner: () => undefined,
  holdings: NO_HOLDINGS,
}

/** As the detector tells what a file's check measured. */
function admitted(check: string, name: string, labels: Record<string, string>, value: number) {
  const metrics = samplesOf([{ name, labels, value }], check)
  return admitReport(report([], { metrics }), ADMISSION, new Date()).report.metrics
}

it('two files that count one reason are counted together, and one that tells again does not take back what the other told', async () => {
  const prometheusPort = await freePort()
  const off = { enabled: false } as const
  const npd = { enabled: true, port: 0, prometheusPort }
  const { detector } = await startTestNode(onTestFinished, { http: off, prometheus: off, npd, npdTold: TOLD })
  const count = (check: string, value: number) => admitted(check, 'problem_counter', { reason: 'R' }, value)
  const hold = (check: string, value: number) => admitted(check, 'problem_gauge', { type: 'T', reason: 'R' }, value)
  const described = [
    { name: 'problem_counter', help: 'Times.', kind: 'counter', unit: '1', title: '' },
    { name: 'problem_gauge', help: 'Whether.', kind: 'gauge', unit: '1', title: '' },
  ] as const
  function tell(...all: ReturnType<typeof admitted>[]): void {
    for (const samples of all) detector.metrics('log', samples, described)
  }
  const text = async (): Promise<string> => (await fetch(`http://127.0.0.1:${prometheusPort}/metrics`)).text()

  tell(count('kernel-monitor', 5), hold('kernel-monitor', 1), count('readonly-monitor', 2), hold('readonly-monitor', 0))
  await until(async () => (await text()).includes('problem_gauge{'))
  tell(count('readonly-monitor', 3))
  await until(async () => /problem_counter\{reason="R"\} (8|3)\n/.test(await text()))
  expect(await text()).toContain('problem_counter{reason="R"} 8\n')
  expect(await text()).toContain('problem_gauge{reason="R",type="T"} 1\n')
})
