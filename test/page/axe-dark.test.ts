/** For everybody: axe finds nothing where it is dark. */
import { scanAll } from './axe.ts'
import { createStage } from './stage.ts'

scanAll(createStage(), 'dark')
