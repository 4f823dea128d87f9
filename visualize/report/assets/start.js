new Explorer(
  document.getElementById("explorer"),
  new Run(document.getElementById("explorer-data").textContent),
);
