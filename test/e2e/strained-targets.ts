/** A kubelet and a container runtime that are well, in a process of their own: argument: the runtime's socket. Prints the port of healthz. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { containerList, sandboxList, startFakeRuntime } from '../../libs/cri/testing.ts'
import { createAuthority } from '../../libs/probe/tls/testing-certificates.ts'
import { startFakeKubelet } from '../fakes/kubelet/kubelet.ts'

/** As many as a node has at most by default, and what they have beside. */
const PODS = 110
const CONTAINERS = 250

const [path = ''] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'nd-targets-'))
const authority = createAuthority(folder)
const { healthzPort } = await startFakeKubelet(authority.issue({ names: 'DNS:n1' }))
rmSync(folder, { recursive: true })
await startFakeRuntime(path, { listPodSandbox: sandboxList(PODS), listContainers: containerList(CONTAINERS) })
process.stdout.write(`${healthzPort}\n`)
