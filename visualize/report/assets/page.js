// What the page does outside the explorer: it marks tables that scroll, and gives figures as files.

/** Mark what is wider than its place, as long as there is more to the right. */
function showScrolling() {
  for (const part of document.querySelectorAll(".scrolls")) {
    const mark = () => {
      const more = part.scrollWidth - part.clientWidth - part.scrollLeft > 1;
      part.classList.toggle("more", more);
    };
    part.addEventListener("scroll", mark);
    new ResizeObserver(mark).observe(part);
  }
}

/** Links to the drawing of a figure and to its numbers, both out of this page. */
async function offerFiles() {
  for (const link of document.querySelectorAll("a[data-image]")) {
    link.href = document.getElementById(link.dataset.image).querySelector("img").src;
  }
  for (const link of document.querySelectorAll("a[data-numbers]")) {
    const numbers = await inflated(document.getElementById(link.dataset.numbers).textContent);
    link.href = URL.createObjectURL(new Blob([numbers], { type: "text/csv" }));
  }
}
