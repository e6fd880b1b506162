// SPDX-License-Identifier: Apache-2.0
#include "model/import/pickle/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "base/utf8.h"
#include "model/import/pickle/stream.h"

namespace slipway::model::pickle {
namespace {

constexpr std::size_t kLongestName = 1000;

// Python 3.8 to 3.13's standard library and what Python 2 called it, without the modules that hold
// data or plain functions of numbers: those that estimators and their parameters do mention.
constexpr std::string_view kRefusedModules =
    "BaseHTTPServer CGIHTTPServer ConfigParser DocXMLRPCServer HTMLParser Queue SimpleHTTPServer "
    "SocketServer Tkinter _aix_support _ast _asyncio _bootsubprocess _bz2 _compat_pickle "
    "_compression _contextvars _crypt _csv _ctypes _curses _dbm _elementtree _frozen_importlib "
    "_frozen_importlib_external _gdbm _hashlib _imp _interpchannels _interpreters _locale _lsprof "
    "_lzma _msi _multiprocessing _opcode _osx_support _overlapped _pickle _posixshmem "
    "_posixsubprocess _pyio _pyrepl _queue _scproxy _signal _sitebuiltins _socket _sqlite3 _ssl "
    "_string _symtable _testcapi _testinternalcapi _thread _threading_local _tkinter _tracemalloc "
    "_weakref _winapi _winreg _xxsubinterpreters aifc antigravity anydbm argparse ast asynchat "
    "asyncio asyncore atexit base64 bdb bz2 cPickle cProfile cgi cgitb chunk cmd code codecs "
    "codeop commands compileall concurrent configparser contextlib cookielib copy crypt csv "
    "ctypes curses dbm dis distutils doctest dumbdbm dummy_threading email ensurepip faulthandler "
    "fcntl filecmp fileinput ftplib gc gdbm genericpath getopt getpass gettext glob grp gzip hmac "
    "html http httplib idlelib imaplib imp importlib inspect io json lib2to3 linecache locale "
    "lzma mailbox mailcap marshal mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc "
    "nntplib nt ntpath nturl2path opcode optparse os ossaudiodev pdb pickle pickletools pipes "
    "pkgutil platform plistlib popen2 poplib posix posixpath pprint profile pstats pty pwd "
    "py_compile pyclbr pydoc pydoc_data pyexpat queue readline resource rlcompleter runpy sched "
    "secrets select selectors shelve shlex shutil signal site smtpd smtplib socket socketserver "
    "spwd sqlite3 ssl subprocess symtable sys sysconfig syslog tabnanny tarfile telnetlib "
    "tempfile termios test thread threading time timeit tkinter tokenize trace traceback "
    "tracemalloc tty turtle turtledemo unittest urllib urllib2 urlparse uu venv webbrowser "
    "whichdb winreg winsound wsgiref xml xmlrpc xmlrpclib zipapp zipfile zipimport zlib";

// Names, or folders of names, that load or run things in packages which otherwise hold data.
constexpr std::string_view kRefusedNames =
    "IPython _distutils_hack _operator.attrgetter _operator.call _operator.itemgetter "
    "_operator.methodcaller aiohttp cffi dill fabric ftputil httpx invoke jinja2 joblib._utils "
    "joblib.externals joblib.load joblib.numpy_pickle.load "
    "joblib.numpy_pickle_compat.load_compatibility jsonpickle keras.models.load_model "
    "logging.config logging.handlers numba numpy.DataSource numpy.ctypeslib numpy.distutils "
    "numpy.f2py numpy.fromfile numpy.fromregex numpy.genfromtxt numpy.lib._datasource "
    "numpy.lib._npyio_impl numpy.lib.npyio numpy.lib.utils numpy.load numpy.loadtxt numpy.save "
    "numpy.savetxt numpy.savez numpy.testing operator.attrgetter operator.call "
    "operator.itemgetter operator.methodcaller pandas.compat.pickle_compat "
    "pandas.core.computation pandas.eval pandas.io pandas.read_hdf pandas.read_pickle paramiko "
    "pexpect pip pkg_resources plumbum ptyprocess requests scipy.io scipy.weave setuptools sh "
    "sklearn.externals._arff sklearn.externals.joblib.load "
    "sklearn.externals.joblib.numpy_pickle.load skops.io sympy.parsing sympy.sympify "
    "tensorflow.io torch urllib3 yaml";

// All that may be named in these modules; the rest of them is refused.
constexpr std::string_view kBuiltinTypes =
    "ArithmeticError AttributeError DeprecationWarning Ellipsis Exception FutureWarning "
    "IndexError KeyError LookupError NotImplemented NotImplementedError OverflowError "
    "RuntimeError RuntimeWarning TimeoutError TypeError UserWarning ValueError Warning abs bool "
    "bytearray bytes complex dict divmod float frozenset int len list max min object pow property "
    "range reversed round set slice sorted str sum tuple type";
constexpr std::string_view kCopyreg = "__newobj__ __newobj_ex__ _reconstructor constructor";
constexpr std::string_view kCodecs = "encode";
constexpr std::string_view kIo = "BytesIO StringIO";
constexpr std::string_view kTypes = "MappingProxyType NoneType SimpleNamespace";

// Modules that others import, so that a dotted name can reach them: sklearn.utils `os.system`.
constexpr std::string_view kWaysOut =
    "builtins cloudpickle codecs ctypes importlib io joblib marshal nt os pathlib pickle posix "
    "pty runpy shutil socket subprocess sys tempfile threading types urllib webbrowser";

// Lists as sets, made once.
struct Policy {
  using Names = std::unordered_set<std::string_view>;

  static Names names_in(std::string_view list) {
    const auto words = split(list, ' ');
    return {words.begin(), words.end()};
  }

  Names modules = names_in(kRefusedModules);
  Names names = names_in(kRefusedNames);
  Names ways_out = names_in(kWaysOut);
  std::unordered_map<std::string_view, Names> confined{{"_codecs", names_in(kCodecs)},
                                                       {"_io", names_in(kIo)},
                                                       {"builtins", names_in(kBuiltinTypes)},
                                                       {"copyreg", names_in(kCopyreg)},
                                                       {"types", names_in(kTypes)}};
};

const Policy& policy() {
  static const Policy made;
  return made;
}

std::string_view first_part(std::string_view dotted) { return dotted.substr(0, dotted.find('.')); }

// The name itself, or a package that it lies in, is in kRefusedNames.
bool lies_in_refused(std::string_view full) {
  for (auto dot = full.find('.'); dot != std::string_view::npos; dot = full.find('.', dot + 1)) {
    if (policy().names.count(full.substr(0, dot)) != 0) return true;
  }
  return policy().names.count(full) != 0;
}

// __globals__, __class__, ...: the rungs by which a name climbs out of a module.
bool is_dunder(std::string_view part) {
  return part.size() > 4 && part.starts_with("__") && part.ends_with("__");
}

bool leads_out(std::string_view name) {
  for (std::string_view rest = name;;) {
    const std::string_view part = first_part(rest);
    if (is_dunder(part) || policy().ways_out.count(part) != 0) return true;
    if (part.size() == rest.size()) return false;
    rest.remove_prefix(part.size() + 1);
  }
}

bool is_refused(std::string_view module, std::string_view name) {
  const auto confined = policy().confined.find(module);
  if (confined != policy().confined.end()) return confined->second.count(name) == 0;
  if (policy().modules.count(first_part(module)) != 0) return true;
  return leads_out(name) || lies_in_refused(fmt::format("{}.{}", module, name));
}

bool is_name(std::string_view text) {
  if (text.empty() || text.starts_with('.') || text.ends_with('.')) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '<' || c == '>' || (c & 0x80) != 0;
  });
  return plain && valid_utf8_prefix(text) == text.size();
}

}  // namespace

QualifiedName modern(const QualifiedName& qualified) {
  const auto& [module, name] = qualified;
  if (module == "copy_reg") return {"copyreg", name};
  if (module != "__builtin__" && module != "exceptions") return qualified;
  if (name == "long") return {"builtins", "int"};
  if (name == "unicode") return {"builtins", "str"};
  if (name == "xrange") return {"builtins", "range"};
  return {"builtins", name};
}

bool holds_code(std::string_view module) {
  return module == "cloudpickle" || module.starts_with("cloudpickle.") ||
         module.starts_with("joblib.externals.cloudpickle") ||
         module.starts_with("pyspark.cloudpickle");
}

Error forbidden(std::string_view what, std::size_t offset) {
  return Error(
      Code::kPermissionDenied, "model.pickle.forbidden",
      fmt::format("names {} (byte {}): slipway never runs code from a file, and no trained "
                  "estimator needs this name; ask whoever made the file what it is for, or "
                  "save the fitted model alone",
                  what, offset));
}

Result<void> check_name(const QualifiedName& qualified, std::size_t offset) {
  const auto& [module, name] = qualified;
  const bool sound =
      module.size() + name.size() <= kLongestName && is_name(module) && is_name(name);
  if (!sound) {
    return damaged("model.pickle.name", offset,
                   "the name of a class or function is not one that Python could have written");
  }
  if (is_refused(module, name)) return forbidden(fmt::format("{}.{}", module, name), offset);
  return {};
}

}  // namespace slipway::model::pickle
