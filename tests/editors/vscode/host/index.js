// Runs every test of this folder inside the extension host and prints one line for each.
const FILES = ["documents", "notebooks", "rule_pages", "server", "workspace"];
const TESTS = Object.assign({}, ...FILES.map((name) => require(`./${name}`)));

exports.run = async () => {
  let failed = 0;
  for (const [name, test] of Object.entries(TESTS)) {
    try {
      await test();
      console.log(`TEST ok - ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`TEST not ok - ${name}\n${error.stack}`);
    }
  }
  if (failed) throw new Error(`${failed} failed`);
};
