const { crc32 } = require("@node-rs/crc32");
const chalk = require("chalk");

const name = process.argv[2];
console.log(new chalk.Instance({ level: 1 }).green(`Hello, ${name}`), crc32(name).toString(16));
