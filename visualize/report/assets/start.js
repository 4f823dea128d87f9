showScrolling();
await offerFiles();
const packed = document.getElementById("explorer-data").textContent;
const told = new Run(await inflated(packed));
if (told.utterances.length) new Explorer(document.getElementById("explorer"), told);
