/** Ports, certificates and the length of socket paths. */
import type { Document } from '../schema/document.ts'
import { child, type Tree } from '../tree/tree.ts'
import type { Run } from '../walk/run.ts'
import { rootSpot, spotOf } from './spot.ts'

/** A Unix socket's path holds 107 bytes; what we put below the run directory takes up to 37 of them. */
const RUN_DIR_BYTES_MAX = 70

export function checkEnds(doc: Document, runDir: string, tree: Tree, run: Run): void {
  checkPorts(doc, tree, run)
  checkCertificate(doc, tree, run)
  checkBus(doc, tree, run)
  if (Buffer.byteLength(runDir) > RUN_DIR_BYTES_MAX) {
    const text = `"${runDir}" is too long for the paths of Unix sockets; expected at most ${RUN_DIR_BYTES_MAX} bytes`
    run.fault(spotOf(rootSpot(tree), tree, 'settings', 'runDir'), text)
  }
}

function checkPorts({ exporters: { http, prometheus } }: Document, tree: Tree, run: Run): void {
  const same = http.enabled && prometheus.enabled && http.hostPort === prometheus.port
  if (!same || run.hasFault('exporters.http.hostPort') || run.hasFault('exporters.prometheus.port')) return
  const written = child(child(child(tree, 'exporters'), 'prometheus'), 'port')
  const keys = written === undefined ? ['http', 'hostPort'] : ['prometheus', 'port']
  const text = `${http.hostPort} is the port of both exporters.http and exporters.prometheus; expected two`
  run.fault(spotOf(rootSpot(tree), tree, 'exporters', ...keys), text)
}

function checkBus({ bus: { url, tls } }: Document, tree: Tree, run: Run): void {
  if (tls === undefined) return
  const at = spotOf(rootSpot(tree), tree, 'bus', 'tls')
  if (url === '') run.fault(at, 'there is no bus.url; expected it beside bus.tls')
  if ((tls.cert === undefined) !== (tls.key === undefined))
    run.fault(at, 'one of cert and key alone; expected both or none')
}

function checkCertificate({ exporters: { http } }: Document, tree: Tree, run: Run): void {
  if (http.tlsEnabled !== true) return
  const at = spotOf(rootSpot(tree), tree, 'exporters', 'http', 'tlsEnabled')
  for (const key of ['tlsCertFile', 'tlsKeyFile'] as const) {
    const path = `exporters.http.${key}`
    if (http[key] !== undefined || run.hasFault(path)) continue
    run.fault({ ...at, path }, 'missing; exporters.http.tlsEnabled needs it')
  }
}
