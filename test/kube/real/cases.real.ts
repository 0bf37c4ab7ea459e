/** The cases that the fake passes, at a real API server. */
import { defineCases } from '../cases/index.ts'
import { startRealApiServer } from '../real-server.ts'

defineCases('a real API server', startRealApiServer)
