// The word that is being spoken is marked, and one recording plays at a time. The page works without this.
document.querySelectorAll("audio").forEach((audio) => {
  const words = audio.closest("figure").querySelectorAll("[data-start]");
  const mark = () => words.forEach((word) => word.classList.toggle("spoken",
    !audio.paused && word.dataset.start <= audio.currentTime && audio.currentTime < word.dataset.end));
  ["timeupdate", "pause", "ended"].forEach((event) => audio.addEventListener(event, mark));
  audio.addEventListener("play", () => document.querySelectorAll("audio").forEach((other) => other === audio || other.pause()));
});
