showScrolling();
await offerFiles();
const packed = document.getElementById("explorer-data").textContent;
const run = new Run(await inflated(packed));
const explorer = document.getElementById("explorer");
if (run.utterances.length) new Explorer(explorer, run);
else for (const part of explorer.querySelectorAll(".choices, .explorer, .keys")) part.hidden = true;
