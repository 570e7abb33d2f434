// What a C++ program finds in the image: libstdc++, exceptions by libgcc, OpenMP.
#include <filesystem>
#include <iostream>
#include <map>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static long sum_of_squares(long count) {
  long sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (long i = 1; i <= count; i++) sum += i * i;
  return sum;
}

static int checked(const std::string& word) {
  if (!std::regex_match(word, std::regex("[0-9]+"))) throw std::invalid_argument("no number: " + word);
  return std::stoi(word);
}

int main() {
  std::map<std::string, long> results;
  std::thread thread([&] { results["sum of squares"] = sum_of_squares(1000); });
  thread.join();
  for (const auto& [name, value] : results) std::cout << name << " " << value << "\n";
  try {
    checked("twelve");
  } catch (const std::exception& error) {
    std::cout << "caught " << error.what() << "\n";
  }
  std::vector<std::string> shells;
  for (const char* path : {"/bin/sh", "/usr/bin/sh", "/bin/bash"})
    if (std::filesystem::exists(path)) shells.emplace_back(path);
  std::cout << "shells " << shells.size() << "\n";
}
