/** Every manifest at a real API server, with strict field validation: `node test/kube/manifests.ts`, part of make test-kube. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRealApiServer } from './real-server.ts'

const dir = mkdtempSync(join(tmpdir(), 'nd-manifests-'))
const api = await startRealApiServer()
try {
  const kubeconfig = join(dir, 'kubeconfig')
  await api.writeKubeconfig(kubeconfig)
  const { status } = spawnSync(process.execPath, ['test/deploy/against-server.ts'], {
    stdio: 'inherit',
    env: { ...process.env, KUBECONFIG: kubeconfig },
  })
  process.exitCode = status ?? 1
} finally {
  await api.close()
  rmSync(dir, { recursive: true, force: true })
}
