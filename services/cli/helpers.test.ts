import { expect, it } from 'vitest'
import { runCommand } from './testing.ts'

it('a helper of node-problem-detector has its own flags, texts and exit codes', async () => {
  const wrong = await runCommand('health-checker', '--component=etcd')
  expect(wrong).toMatchObject({
    code: 2,
    out: 'the component specified is not supported. Supported components are : <kubelet/docker/cri/kube-proxy>\n',
  })
  const help = await runCommand('log-counter', '--help')
  expect(help).toMatchObject({ code: 0, out: '' })
  expect(help.err).toMatch(/^Usage of log-counter:\n {6}--count int/)
})
