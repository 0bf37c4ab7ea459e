/** The cases that a real API server passes, at the fake: over TLS, as there. */
import { startFakeApiServer } from '../fakes/kube-apiserver/server.ts'
import { defineCases } from './cases/index.ts'

defineCases('the fake API server', () => startFakeApiServer({ tls: true }))
