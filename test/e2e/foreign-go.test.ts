import { buildGo } from '../foreign/build.ts'
import { testForeignMonitor } from './foreign.ts'

testForeignMonitor(buildGo())
