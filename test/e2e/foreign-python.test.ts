import { findPython } from '../foreign/build.ts'
import { testForeignMonitor } from './foreign.ts'

testForeignMonitor(findPython())
