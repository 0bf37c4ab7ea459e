/** A container runtime in a process of its own: `node serve.ts SOCKET PODS CONTAINERS`; prints "ready". */
import { containerList, sandboxList, startFakeRuntime } from '../../../libs/cri/testing.ts'

const [path = '', pods = '0', containers = '0'] = process.argv.slice(2)
await startFakeRuntime(path, {
  listPodSandbox: sandboxList(Number(pods)),
  listContainers: containerList(Number(containers)),
})
process.stdout.write('ready\n')
