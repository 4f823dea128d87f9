const told = await inflated(document.getElementById("explorer-data").textContent);
new Explorer(document.getElementById("explorer"), new Run(told));
