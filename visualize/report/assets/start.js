showScrolling();
await offerFiles();
const packed = document.getElementById("explorer-data").textContent;
const told = new Run(await inflated(packed));
const explorer = document.getElementById("explorer");
if (told.utterances.length) new Explorer(explorer, told);
else for (const part of explorer.querySelectorAll(".choices, .explorer, .keys")) part.hidden = true;
