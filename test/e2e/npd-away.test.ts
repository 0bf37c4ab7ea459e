/** The API server goes away while `node-doctor npd` watches, and comes back. */
import { expect, it } from 'vitest'
import { until } from './constellation.ts'
import { lineOf, logFile, NODE, npdPlace, untilCondition } from './npd.ts'

const place = npdPlace()

it('what happens while the API server is away is told when it is back: all of it, in order, with its own time', async () => {
  await place.write('kern.log', '')
  const file = await place.write('kernel.json', logFile(`${place.dir}/kern.log`, 'KernelDeadlock'))
  const npd = await place.start([`--config.system-log-monitor=${file}`])
  await untilCondition(place, 'KernelDeadlock', 'False NoProblem')
  await place.append('kern.log', lineOf('Killed process 1'))
  await until('the first is told', () => place.api.events().length === 1)
  await place.api.down()
  const since = new Date(Math.floor(Date.now() / 1000) * 1000)
  const lines = ['Killed process 2', 'task docker hangs', 'Killed process 3', 'Killed process 2', 'Killed process 4']
  await place.append('kern.log', ...lines.map((line) => lineOf(line, since)))
  await until('all of it was seen', () =>
    npd.ask('/metrics').then((told) => told?.includes('problem_counter{reason="OOMKilling"} 5')),
  )
  await until('it is shown meanwhile', () => npd.ask('/conditions').then((told) => told?.includes('"Hung"')))
  await place.api.up()
  await untilCondition(place, 'KernelDeadlock', 'True Hung')
  const told = () => place.api.events().map(({ message, count }) => `x${count} ${message}`)
  await expect
    .poll(told, { timeout: 30_000 })
    .toEqual([
      'x1 Killed process 1',
      'x2 Killed process 2',
      'x1 Node condition KernelDeadlock is now: True, reason: Hung, message: "task docker hangs"',
      'x1 Killed process 3',
      'x1 Killed process 4',
    ])
  const condition = place.api.node(NODE)?.status?.conditions?.find(({ type }) => type === 'KernelDeadlock')
  expect(Date.parse(condition?.lastTransitionTime ?? '')).toBe(since.getTime())
  expect(Date.parse(place.api.events()[2]?.firstTimestamp ?? '')).toBe(since.getTime())
  expect((await npd.end()).code).toBe(0)
})
